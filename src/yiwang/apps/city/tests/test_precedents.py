"""Precedents (职责判例库): kept from returns and arbitrations, cited at dispatch, and two that agree make a rule when approved."""

from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import walk
from tests.world import CITY_DIR
from yiwang.apps.city import queries, services
from yiwang.apps.city.errors import AlreadyDone
from yiwang.apps.city.models import Precedent, RuleProposal
from yiwang.apps.city.queries.judging import precedents
from yiwang.apps.city.rules import dispatching
from yiwang.apps.city.rules.judging.precedents import Scope, Settled, agreeing, nearest
from yiwang.apps.city.services.judging import precedents as book
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.cases.models import Case, Matter
from yiwang.kernel.cases.services import load_matter
from yiwang.kernel.geography.queries.components import AssetFilter
from yiwang.kernel.process import decisions, publish
from yiwang.kernel.process.tables import add_row

DMN = (CITY_DIR / "matters" / "problem" / "decisions.dmn").read_bytes()
STREET = {"class_": "matter:02001", "component": ""}


def one(key, org, **more):
    return Settled(key=key, area_path=more.pop("path", "1.2.3."), org=org, **more)


@pytest.mark.parametrize(("new", "others", "expected"), [
    (one(2, 9, owner=5), [one(1, 9, owner=5)], (Scope(owner=5), [1, 2])),
    (one(2, 9, street=3, district=2), [one(1, 9, street=3, district=2)], (Scope(area=3), [1, 2])),
    (one(2, 9, street=4, district=2), [one(1, 9, street=3, district=2)], (Scope(area=2), [1, 2])),
    (one(2, 9, street=4, district=2), [one(1, 8, street=3, district=2)], None),  # another decision
    (one(2, 9, street=4, district=7), [one(1, 9, street=3, district=2)], None),  # another place
    (one(3, 9, street=3), [one(1, 9, street=3), one(2, 8, street=3)], None),  # one speaks against it
    (one(2, 9), [one(1, 9)], None), (one(2, 9, owner=5), [], None),
])  # fmt: skip
def test_when_two_make_a_rule(new, others, expected):
    assert agreeing(new, others) == expected


def test_the_same_owner_comes_first_then_the_nearest_then_the_latest():
    rows = [one(1, 9, path="1.2.3.4.", order=1.0), one(2, 9, path="1.7.", order=9.0, owner=5), one(3, 9, path="1.2.8.", order=3.0), one(4, 9, path="1.2.9.", order=4.0)]
    assert [p.key for p in nearest(rows, area_path="1.2.3.4.6.", owner=5)] == [2, 1, 4, 3]
    assert [p.key for p in nearest(rows, area_path="1.2.3.4.6.", owner=None)] == [1, 4, 3, 2]


def test_a_row_more_changes_nothing_else():
    made = add_row(DMN, "precedent", row_id="p_1", inputs={"class_code": "01001", "owner": 'a"b'}, outputs={"department": "x", "basis": "判例 1"}, note="因 <b>")
    made = add_row(made, "precedent", row_id="p_2", inputs={"class_code": "01001"}, outputs={"department": "y", "basis": "判例 2"})
    assert list(publish.validate_decisions(made)) == []
    before, after = decisions.read(DMN), decisions.read(made)
    assert [r.id for r in after["precedent"].rows] == ["p_2", "p_1"]
    assert [[c.text for c in r.inputs] for r in before["route"].rows] == [[c.text for c in r.inputs] for r in after["route"].rows]
    facts = {"class_kind": "component", "class_code": "01001", "district": "", "street": "", "owner": ""}
    assert decisions.decide(after["precedent"], facts).outputs == {"department": "y", "basis": "判例 2"}
    assert decisions.decide(before["precedent"], facts).outputs == {"department": None, "basis": None}
    for more in ({"row_id": "p_1", "inputs": {}, "outputs": {}}, {"row_id": "p_3", "inputs": {"nope": "1"}, "outputs": {}}):
        with pytest.raises(ValueError, match="there"):
            add_row(made, "precedent", **more)


def quarrel(world, at, photo, *, to="wangchuan-sanitation", first="bureau-urban"):
    """A quarrel about rubbish: the first body returns it, the dispatcher agrees and another gets it."""
    world.handler_of(first), world.handler_of(to)
    case = walk.advance(world, walk.report(world, at=at, photo=photo, text=f"垃圾堆放 {photo}", class_="matter:02001"), "pending_file")
    row = next(r for r in queries.selectable_conditions(case))
    case = walk.do(world, case, "shift_leader", "complete", "file", "file", condition=row.key)
    case = walk.do(world, case, "dispatcher", "complete", "dispatch", "dispatch", departments=[str(world.orgs[first].uid)], reason="试派")
    handler = next(k for k, p in world.people.items() if p.post and p.post.role.code == "handler" and p.post.organization.code == first)
    case = walk.do(world, case, handler, "return", "handle", reason="不是我单位职责")
    case = walk.do(world, case, "dispatcher", "complete", "return", "agree", reason="环卫负责清运", basis="云政办〔2025〕12号")
    waiting = "dispatch" if case.tasks.filter(step="dispatch", state="open").exists() else "district_dispatch"
    return walk.do(world, case, "dispatcher", "complete", waiting, "dispatch", departments=[str(world.orgs[to].uid)], reason="环卫负责")


@pytest.fixture
def returned(world):
    return lambda *at, **more: quarrel(world, *at, **more)


@pytest.mark.django_db
def test_a_settled_return_becomes_a_precedent_and_is_cited(world, returned):
    case = returned((0, 1), "a")
    row = Precedent.objects.get()
    assert (row.kind, row.class_code, row.org.code, row.denied_by.code, row.outcome, row.basis, row.reason) == (
        "return", "02001", "wangchuan-sanitation", "bureau-urban", "given", "云政办〔2025〕12号", "环卫负责清运")  # fmt: skip
    assert (row.decided_by_id, row.by_arbitration, row.area_path) == (world.account("dispatcher").pk, False, case.area_path)
    assert RuleProposal.objects.count() == 0, "one is no rule"
    other = walk.advance(world, walk.report(world, at=(3, 3), photo="b", class_="matter:02001"), "pending_file")
    other = walk.do(world, other, "shift_leader", "complete", "file", "file", condition=next(r for r in queries.selectable_conditions(other)).key)
    assert [p.pk for p in precedents.near(world.actor("dispatcher"), other)] == [row.pk]
    page = world.client("dispatcher").get(reverse("city:case", args=[other.uid])).content.decode()
    assert "云政办〔2025〕12号" in page
    assert precedents.near(world.actor("district_dispatcher"), other) == [], "of another district"
    book.overrule(world.actor("leader"), row, "新的职责清单")
    assert precedents.near(world.actor("dispatcher"), other) == []
    with pytest.raises(AlreadyDone):
        book.overrule(world.actor("leader"), row, "again")
    with pytest.raises(NotPermitted):
        book.overrule(world.actor("dispatcher"), row, "x")


@pytest.mark.django_db
def test_a_return_turned_down_is_a_precedent_against_who_returned_it(world):
    case = walk.advance(world, walk.report(world), "pending_handle")
    case = walk.do(world, case, "handler2", "return", "handle", reason="不是我单位的")
    with pytest.raises(BadInput):
        walk.do(world, case, "dispatcher", "complete", "return", "deny", reason="铭牌属实", basis="长" * 501)
    assert Precedent.objects.count() == 0
    walk.do(world, case, "dispatcher", "complete", "return", "deny", reason="铭牌属实")
    row = Precedent.objects.get()
    assert (row.outcome, row.org.code, row.denied_by.code) == ("upheld", "company-water", "company-water")


@pytest.mark.django_db
def test_two_that_agree_propose_a_row_which_new_cases_follow_once_approved(world, returned):
    old = walk.advance(world, walk.report(world, at=(4, 4), photo="old", class_="matter:02001"), "pending_file")
    returned((0, 1), "a")
    returned((1, 2), "b")
    proposal = RuleProposal.objects.get()
    assert (proposal.org.code, proposal.area.level, proposal.precedents.count(), proposal.state) == ("wangchuan-sanitation", "street", 2, "proposed")
    returned((2, 3), "c")
    assert RuleProposal.objects.get().precedents.count() == 3
    before = Matter.objects.get(code="city.problem").current
    for who, error in (("dispatcher", NotPermitted), ("shift_leader", NotPermitted)):
        with pytest.raises(error):
            book.decide_rule(world.actor(who), proposal, approve=True, reason="x")
    with pytest.raises(BadInput):
        book.decide_rule(world.actor("leader"), proposal, approve=True, reason=" ")
    done = book.decide_rule(world.actor("leader"), proposal, approve=True, reason="三案一致")
    now = Matter.objects.get(code="city.problem").current
    assert (now.number, now.origin, now.manual_id, done.version_id) == (before.number + 1, "local", before.manual_id, now.pk)
    with pytest.raises(AlreadyDone):
        book.decide_rule(world.actor("leader"), proposal, approve=False, reason="x")

    def proposed(case):
        case = walk.do(world, case, "shift_leader", "complete", "file", "file", condition=next(r for r in queries.selectable_conditions(case)).key)
        return queries.proposal(case).chosen

    fresh = walk.advance(world, walk.report(world, at=(3, 0), photo="new", class_="matter:02001"), "pending_file")
    assert fresh.matter_version_id == now.pk
    chosen = proposed(fresh)
    assert (chosen.organization, chosen.rule) == ("wangchuan-sanitation", dispatching.Rule.PRECEDENT)
    assert "判例" in chosen.text()
    assert old.matter_version_id == before.pk
    assert proposed(old).rule is not dispatching.Rule.PRECEDENT, "a case keeps the version it began with"
    assert load_matter(system("test"), Path(CITY_DIR) / "matters" / "problem").pk in (before.pk, now.pk)
    assert Matter.objects.get(code="city.problem").current_id == now.pk, "the folder does not replace what was decided here"


@pytest.mark.django_db
def test_an_arbitrated_ownership_is_a_precedent(world):
    load_matter(system("test"), CITY_DIR / "matters" / "ownership")
    made = services.order_lists(
        actor=world.actor("shift_leader"), wanted=AssetFilter(class_code="01001"), due_on=timezone.localdate() + timezone.timedelta(days=7), expected=2
    )
    case = Case.objects.get(uid=made[0])
    proof = walk.upload(world.actor("handler2"), "proof", stage="other")
    case = walk.do(world, case, "handler2", "complete", "answer", "deny", reason="非我单位", denied="*", files=(proof,))
    walk.do(world, case, "leader", "complete", "arbitrate", "other", reason="移交协议", owner=str(world.orgs["bureau-urban"].uid), basis="移交协议2024-3")
    row = Precedent.objects.get()
    assert (row.kind, row.class_code, row.org.code, row.owner.code, row.denied_by.code, row.by_arbitration, row.basis) == (
        "ownership", "01001", "bureau-urban", "bureau-urban", "company-water", True, "移交协议2024-3")  # fmt: skip


@pytest.mark.django_db
def test_the_pages(world, returned):
    returned((0, 1), "a")
    returned((1, 2), "b")
    client = world.client("leader")
    assert len(client.get(reverse("city:precedents")).context["rows"]) == 2
    for query, many in (("?q=12号", 2), ("?q=无此", 0), ("?class=02", 2), ("?class=01", 0), ("?kind=ownership", 0), ("?q=%25", 0)):
        assert len(client.get(reverse("city:precedents") + query).context["rows"]) == many, query
    proposal = RuleProposal.objects.get()
    url = reverse("city:rule_proposal", args=[proposal.uid])
    assert "望湖街道" in client.get(url).content.decode()
    assert client.post(url, {"do": "approve", "reason": ""}).status_code == 422
    assert world.client("dispatcher").post(url, {"do": "approve", "reason": "x"}).status_code == 403
    assert client.post(url, {"do": "refuse", "reason": "个案"}).status_code == 302
    assert RuleProposal.objects.get().state == "refused"
    row = Precedent.objects.first()
    assert "环卫负责清运" in world.client("dispatcher").get(reverse("city:precedent", args=[row.uid])).content.decode()
    assert world.client("district_dispatcher").get(reverse("city:precedent", args=[row.uid])).status_code == 404
    assert world.client("handler2").get(reverse("city:precedents")).status_code == 403
