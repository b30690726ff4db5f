"""Double-blind checks (双盲抽查): the lot, who is in it, that neither side learns the other's name, the second look and its pairs."""

import hmac
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import walk
from yiwang.apps.city.errors import AlreadyDone
from yiwang.apps.city.models import CheckDraw, CityCase, JudgingSetting, LotterySeed, SecondCheck
from yiwang.apps.city.queries.judging import checks
from yiwang.apps.city.queries.judging.settings import values as current
from yiwang.apps.city.rules.judging import lottery
from yiwang.apps.city.rules.judging.pairs import Pair, by_pair
from yiwang.apps.city.services.judging import checks as services
from yiwang.apps.city.services.judging import settings as figures
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted, ProblemError
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.errors import SameHands
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import story, veils
from yiwang.kernel.files import queries as files
from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid
from yiwang.kernel.identity.models import Holding

SEED = "7f" * 32
people = st.lists(st.uuids().map(str), min_size=1, max_size=12, unique=True)


# --- the rule ---------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(people=people, case=st.uuids().map(str), round_=st.integers(1, 9), data=st.data())
def test_a_draw_is_the_same_for_everybody_and_holds_nobody_else(people, case, round_, data):
    shuffled = data.draw(st.permutations(people))
    ordered = lottery.order(SEED, "check", case, round_, people)
    assert ordered == lottery.order(SEED, "check", case, round_, [*shuffled, people[0]])
    assert sorted(ordered) == sorted(people), "nobody is lost, nobody comes in"
    first = min(people, key=lambda p: hmac.new(bytes.fromhex(SEED), f"check|{case}|{round_}|{p}".encode(), "sha256").hexdigest())
    assert ordered[0] == first, "the recipe that is printed gives the same person"
    out = data.draw(st.sampled_from(people))
    rest = lottery.order(SEED, "check", case, round_, [p for p in people if p != out])
    assert rest == [p for p in ordered if p != out], "taking somebody out changes nobody else's place"


def test_the_lot_favours_nobody():
    """Ten people, 5,000 cases: chi-square of 9 degrees stays below 27.9 (1 in 1,000) for the seed at hand."""
    crew = [f"person-{n}" for n in range(10)]
    drawn = Counter(lottery.order(SEED, "check", f"case-{n}", 1, crew)[0] for n in range(5000))
    assert sum((drawn[p] - 500) ** 2 / 500 for p in crew) < 27.9
    chosen = sum(lottery.is_chosen(SEED, "sample", f"case-{n}", 0.05) for n in range(20_000))
    assert 880 < chosen < 1120


def test_pairs_add_up_to_the_whole():
    rows = [(1, 2, True), (2, 1, False), (3, 1, False), (1, 2, False)]
    found = by_pair(rows)
    assert found == [Pair(1, 2, 2, 3), Pair(1, 3, 1, 1)]
    assert (sum(p.both for p in found), sum(p.disagreed for p in found)) == (len(rows), sum(not agrees for _a, _b, agrees in rows))
    assert Pair(1, 2, 0, 0).share is None


# --- in a county ------------------------------------------------------------------------------------------------------


def second_grid(world):
    """Divide the direct district's grid in two: the inspector's own, where the cases are, and another one."""
    own = ResponsibilityGrid.objects.get(code="371592Z0001")
    other = ResponsibilityGrid.objects.create(code="371592Z0002", name={"zh-Hans": "柳岸责任网格"}, area=own.area, area_path=own.area_path, shape=own.shape)
    GridInspector.objects.create(account=world.account("inspector"), grid=own)
    return own, other


def crew(world, other, *keys):
    """People who patrol the other grid and may check in the whole district."""
    from tests.world import _person

    for key in keys:
        if key not in world.people:
            world.people[key] = _person(key, "inspector", world.orgs["centre-supervision"], {"walker": "魏巡", "stroller": "姜巡"}.get(key, "巡查员"), world.areas["371592"], None)
        GridInspector.objects.create(account=world.account(key), grid=other)


def share(value):
    figures.change(system("test"), "blind", {"second_share": value})


@pytest.fixture
def lot(world):
    _own, other = second_grid(world)
    crew(world, other, "inspector2", "walker")
    return world


def checker_of(case):
    return Task.all_modes.get(case=case, step="check", state="open").account


def check_as(world, case, who, outcome="pass", **more):
    key = next(k for k, p in world.people.items() if p.account.pk == who.pk)
    return walk.do(world, case, key, "complete", "check", outcome, files=(walk.upload(world.actor(key), f"c{case.pk}", stage="check"),), **more)


@pytest.mark.django_db
def test_the_lot_falls_on_an_inspector_of_another_grid_and_can_be_drawn_again(lot):
    case = walk.advance(lot, walk.report(lot), "checking")
    made, task = CheckDraw.objects.get(), Task.all_modes.get(case=case, step="check")
    assert task.account in (lot.account("inspector2"), lot.account("walker"))
    assert (made.drawn, made.task_uid, len(made.eligible), made.why_none) == (task.account, task.uid, 2, "")
    again = checks.redraw(made, today=timezone.localdate() + timedelta(days=1))
    assert (again.agrees, again.order[0][0], lottery.commitment(again.seed)) == (True, str(task.account.uid), again.commitment)
    assert checks.redraw(made).seed == "", "not while others are still drawn by it"
    line = Event.objects.get(action="city.lottery.seed")
    assert line.data["commitment"] == again.commitment
    sent = Event.objects.filter(action="complete", step="send_check").latest("position")
    assert sent.data["draw"] == {"uid": str(made.uid), "eligible": 2, "nobody": ""}
    CheckDraw.objects.update(eligible=[uid for uid in made.eligible if uid != str(task.account.uid)])
    assert not checks.redraw(CheckDraw.objects.get()).agrees, "somebody taken out of the lot afterwards is noticed"


@pytest.mark.django_db
def test_only_who_was_drawn_checks(lot):
    case = walk.advance(lot, walk.report(lot), "checking")
    drawn = checker_of(case)
    other = next(k for k in ("inspector2", "walker") if lot.account(k) != drawn)
    with pytest.raises(NotPermitted):
        walk.do(lot, case, other, "complete", "check", "pass", files=(walk.upload(lot.actor(other), "x", stage="check"),))
    with pytest.raises(ProblemError):
        walk.do(lot, case, other, "withdraw", "check")
    assert checker_of(case) == drawn
    assert check_as(lot, case, drawn).state == "pending_close"


@pytest.mark.django_db
def test_who_had_a_part_is_never_in_the_lot(lot):
    lot_of = lambda case: set(checks.lot_for(case, on_shift_first=False).people.values())  # noqa: E731
    case = walk.advance(lot, walk.report(lot, who="walker"), "checking")
    assert checker_of(case) == lot.account("inspector2"), "the reporter was not in the lot"
    failed = check_as(lot, case, lot.account("inspector2"), "fail", reason="未修好")
    failed = walk.do(lot, failed, "dispatcher", "complete", "rework", "handle", reason="返工")
    again = walk.advance(lot, failed, "checking")
    assert checker_of(again) is None, "both inspectors of the other grid had a part: the post does it"
    made = CheckDraw.objects.latest("pk")
    assert (made.round, made.drawn, made.why_none, made.eligible) == (2, None, "all-had-a-part", [])
    GridInspector.objects.create(account=lot.account("walker"), grid=ResponsibilityGrid.objects.get(code="371592Z0001"))
    fresh = walk.advance(lot, walk.report(lot, at=(1, 1), photo="n"), "sent")
    assert lot_of(fresh) == {lot.account("inspector2").pk}, "who patrols the case's own grid besides is out"


@pytest.mark.django_db
def test_nobody_eligible_goes_to_the_post_and_says_so(world):
    case = walk.advance(world, walk.report(world), "checking")
    assert checker_of(case) is None
    assert CheckDraw.objects.get().why_none == "no-other-grid"
    _own, other = second_grid(world)
    GridInspector.objects.create(account=world.account("inspector3"), grid=other)  # of another district: may not check here
    second = walk.advance(world, walk.report(world, at=(0, 1), photo="b"), "checking")
    assert CheckDraw.objects.get(case=second).why_none == "none-may-check"
    page = world.client("leader").get(reverse("city:draw", args=[CheckDraw.objects.get(case=second).uid])).content.decode()
    assert "其他网格没有可在当地核查的监督员" in page
    assert check_as(world, case, world.account("inspector2")).state == "pending_close", "the post can do it"


@pytest.mark.django_db
def test_who_is_on_shift_comes_first_and_gone_holders_are_out(lot):
    from yiwang.apps.city.models import FieldMark
    from yiwang.kernel.base.uid import uuid7

    case = walk.advance(lot, walk.report(lot), "sent")
    moment, shift = timezone.now(), uuid7()
    FieldMark.objects.create(
        region="371592", recorded_at=moment, uid=uuid7(), kind="in", shift_uid=shift, account_id=lot.account("walker").pk, area_path="", occurred_at=moment, said_at=moment
    )
    found = checks.lot_for(case, on_shift_first=True)
    assert (set(found.people.values()), found.only_on_shift) == ({lot.account("walker").pk}, True)
    Holding.objects.filter(account=lot.account("walker")).update(valid_to=moment - timedelta(days=1))
    found = checks.lot_for(case, on_shift_first=True)
    assert (set(found.people.values()), found.only_on_shift) == ({lot.account("inspector2").pk}, False)


@pytest.mark.django_db
def test_neither_side_learns_the_others_name(lot):
    """The water company's people see no checker, the checker sees neither person nor body; the centre sees both."""
    case = walk.advance(lot, walk.report(lot), "checking")
    drawn = checker_of(case)
    key = next(k for k, p in lot.people.items() if p.account.pk == drawn.pk)
    body, person = lot.orgs["company-water"].name["zh-Hans"], lot.account("handler2").name
    url = reverse("city:case", args=[case.uid])

    def seen(who, text):
        page = lot.client(who).get(url).content.decode()
        events = lot.client(who).get(f"/api/v1/cases/{case.uid}/events").content.decode() + lot.client(who).get(f"/api/v1/cases/{case.uid}").content.decode()
        shell = page[page.index("<main"):] if "<main" in page else page
        return text in shell, text in events

    assert seen(key, person) == seen(key, body) == (False, False)
    assert seen("handler2", drawn.name) == (False, False), "while it waits"
    case = check_as(lot, case, drawn)
    case = walk.do(lot, case, "shift_leader2", "complete", "close", "close", closing=case.filing_row.key)
    assert seen("handler2", drawn.name) == (False, False), "afterwards too"
    assert seen(key, person) == seen(key, body) == (False, False)
    assert all(seen("leader", name)[0] for name in (drawn.name, person))
    assert seen("handler2", person)[0], "of his own body he sees everything"
    lines = veils.veil_story(story.story(case), case, veils.hidden_steps(lot.actor("handler2"), case))
    assert {x.actor_kind for x in lines if x.step == "check"} == {"hidden"}
    assert {x.actor_kind for x in lines if x.step == "handle"} == {"person"}
    assert "隐名（双盲）" in lot.client("handler2").get(url).content.decode()


@pytest.mark.django_db
def test_an_old_case_without_the_rule_hides_nothing(world, monkeypatch):
    """A case keeps the version of the matter it began with; one that knows of no blindness costs no question either."""
    case, actor = walk.advance(world, walk.report(world), "closed"), world.actor("handler2")
    assert veils.hidden_steps(actor, case) == {"check"}
    raw = {k: v for k, v in configs.of_version(case.matter_version_id).raw.items() if k != "blind"}
    monkeypatch.setattr(configs, "of_version", lambda _id: configs.MatterConfig(raw))
    with CaptureQueriesContext(connection) as asked:
        assert veils.hidden_steps(actor, case) == frozenset()
    assert len(asked) == 0


# --- the second look --------------------------------------------------------------------------------------------------


@pytest.fixture
def twice(lot):
    """A closed case that is checked again by somebody who had no part: a third inspector of the other grid."""
    crew(lot, ResponsibilityGrid.objects.get(code="371592Z0002"), "stroller")
    share(1.0)
    case = walk.advance(lot, walk.report(lot), "checking")
    first = checker_of(case)
    case = check_as(lot, case, first)
    case = walk.do(lot, case, "shift_leader2", "complete", "close", "close", closing=case.filing_row.key)
    row = SecondCheck.objects.get()
    return case, row, next(k for k, p in lot.people.items() if row.account_id == p.account.pk)


def found(world, row, who, outcome, **more):
    return services.answer(world.actor(who), row.uid, outcome=outcome, photos=[walk.upload(world.actor(who), f"s{row.pk}{outcome}", stage="check")], **more)


@pytest.mark.django_db
def test_the_second_checker_is_another_and_sees_nothing_of_the_first(lot, twice):
    case, row, key = twice
    assert row.account_id not in (row.first_account_id, lot.account("inspector").pk)
    first = lot.account(next(k for k, p in lot.people.items() if p.account.pk == row.first_account_id)).name
    client, pages = lot.client(key), {}
    answer = client.get(reverse("city:case", args=[case.uid]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("city:second", args=[row.uid]))
    assert client.get(f"/api/v1/cases/{case.uid}/events").status_code == 404
    for name in ("second", "second_list"):
        pages[name] = client.get(reverse(f"city:{name}", args=[row.uid] if name == "second" else [])).content.decode()
        assert first not in pages[name]
    assert "核查通过" not in pages["second"]
    assert case.filing_row.closing["zh-Hans"] in pages["second"]
    of_first = [str(f.uid) for f in files.of_subject("case", case.uid) if f.stage == "check"]
    assert of_first
    assert not any(uid in pages["second"] for uid in of_first)
    other = next(k for k in ("inspector2", "walker", "stroller") if k != key)
    assert lot.client(other).get(reverse("city:second", args=[row.uid])).status_code == 404
    assert found(lot, row, key, "pass") is True
    assert client.get(reverse("city:case", args=[case.uid])).status_code == 200, "afterwards it is open to him as before"


@pytest.mark.django_db
def test_a_disagreement_is_kept_settled_by_a_third_and_counted_for_the_pair(lot, twice):
    case, row, key = twice
    with pytest.raises(BadInput):
        found(lot, row, key, "fail")  # a failure has its reason
    with pytest.raises(BadInput):
        services.answer(lot.actor(key), row.uid, outcome="pass", photos=[])
    assert SecondCheck.objects.get().done_at is None
    assert found(lot, row, key, "fail", reason="井盖仍有响声", key="k1") is False
    assert services.answer(lot.actor(key), row.uid, outcome="fail", reason="井盖仍有响声", key="k1") is False, "sent twice, done once"
    with pytest.raises(AlreadyDone):
        found(lot, row, key, "pass")
    pair = checks.disagreement(checks.visible_to(lot.actor("leader")))
    assert [(p.one, p.other, p.disagreed, p.both) for p in pair] == [(*sorted((row.first_account_id, row.account_id)), 1, 1)]
    assert checks.disagreement(checks.visible_to(lot.actor("leader")), until=SecondCheck.objects.get().done_at) == []
    assert checks.counts(lot.actor("leader"))["to_settle"] == 1
    for who, error in (("acceptor", NotFound), (key, NotFound), ("handler2", NotFound)):
        with pytest.raises(error):
            services.settle(lot.actor(who), row.uid, verdict="second", reason="现场复看")
    SecondCheck.objects.update(first_account_id=lot.account("shift_leader").pk)
    with pytest.raises(SameHands):
        services.settle(lot.actor("shift_leader"), row.uid, verdict="first", reason="我看过")
    services.settle(lot.actor("leader"), row.uid, verdict="second", reason="现场复看属实")
    with pytest.raises(AlreadyDone):
        services.settle(lot.actor("shift_leader2"), row.uid, verdict="first", reason="x")
    settled = SecondCheck.objects.get()
    assert (settled.verdict, settled.agrees, Case.objects.get(pk=case.pk).state) == ("second", False, "closed")


@pytest.mark.django_db
def test_somebody_else_is_drawn_when_the_first_cannot(lot, twice):
    case, row, key = twice
    page = lot.client("leader").post(reverse("city:check", args=[row.uid]), {"do": "redraw", "reason": ""})
    assert page.status_code == 422
    again = services.redraw_second(lot.actor("leader"), row.uid, "生病")
    assert again.account_id not in (row.account_id, row.first_account_id)
    assert CheckDraw.objects.filter(case=case, kind="second").count() == 2
    with pytest.raises(NotFound):
        found(lot, row, key, "pass")


@pytest.mark.django_db
def test_a_share_of_nothing_and_cases_without_a_check(lot):
    share(0.0)
    walk.advance(lot, walk.report(lot), "checking")
    case = Case.objects.latest("pk")
    walk.do(lot, check_as(lot, case, checker_of(case)), "shift_leader2", "complete", "close", "close", closing=case.filing_row.key)
    share(1.0)
    walk.do(lot, walk.report(lot, at=(0, 1), photo="z"), "acceptor", "complete", "accept", "refuse", reason="不受理")
    assert SecondCheck.objects.count() == 0
    assert LotterySeed.objects.count() == 1
    with pytest.raises(BadInput):
        share(1.5)
    with pytest.raises(BadInput):
        figures.change(system("test"), "blind", {"nonsense": 1})
    assert list(JudgingSetting.objects.order_by("number").values_list("values__second_share", flat=True)) == [0.0, 1.0]


@pytest.mark.django_db
def test_the_supervisors_pages(lot, twice):
    case, row, key = twice
    found(lot, row, key, "fail", reason="未修好")
    client = lot.client("leader")
    page = client.get(reverse("city:checks"))
    assert [r["uid"] for r in page.context["rows"]] == [str(row.uid)]
    assert page.context["pairs"][0]["percent"] == 100.0
    assert client.post(reverse("city:check", args=[row.uid]), {"do": "settle", "verdict": "second"}).status_code == 422
    assert client.post(reverse("city:check", args=[row.uid]), {"do": "settle", "verdict": "second", "reason": "复看属实"}).status_code == 302
    shown = client.get(reverse("city:check", args=[row.uid])).content.decode()
    assert "二次核查正确" in shown
    for draw in CheckDraw.objects.all():
        assert "复算" in client.get(reverse("city:draw", args=[draw.uid])).content.decode()
    assert client.get(reverse("city:draws")).status_code == 200
    for who in ("inspector", "handler2", "acceptor", "administrator"):
        assert lot.client(who).get(reverse("city:checks")).status_code == 403, who
    assert CityCase.objects.filter(case=case).exists()


@pytest.mark.django_db
def test_figures_are_changed_on_their_page_as_versions(world):
    leader, address = world.client("leader"), reverse("city:figures", args=["blind"])
    for code in ("blind", "missed", "contract", "acceptance", "emergency", "leader"):
        assert leader.get(reverse("city:figures", args=[code])).status_code == 200, code
    sent = {"second_share": "0.2", "second_hours": "12", "on_shift_first": "on"}
    assert leader.post(address, sent).status_code == 302
    page = leader.get(address).content.decode()
    assert "<strong>0.2</strong>" in page
    assert world.actor("leader").name in page
    assert current("blind")["second_hours"] == 12
    kept = JudgingSetting.objects.filter(code="blind").count()
    for wrong in ({"second_share": "1.5"}, {"second_hours": "-1"}, {"second_share": "x"}):
        assert leader.post(address, {**sent, **wrong}).status_code == 422
    assert leader.post(reverse("city:figures", args=["emergency"]), {"channels": ["pigeon"]}).status_code == 422
    assert JudgingSetting.objects.filter(code="blind").count() == kept, "nothing was written"
    assert leader.post(reverse("city:figures", args=["emergency"]), {"channels": ["mail"]}).status_code == 302
    assert leader.get(reverse("city:figures", args=["nothing"])).status_code == 404
    assert world.client("handler").post(address, sent).status_code == 403
    assert Event.objects.filter(action="city.judging.setting", actor_id=world.people["leader"].account.pk).count() == 2
