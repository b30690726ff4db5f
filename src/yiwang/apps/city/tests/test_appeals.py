"""Appeals (申诉): which count is lifted for which body, by whom, and that nothing else is."""

import pytest
from django.urls import reverse

from tests import walk
from yiwang.apps.city.models import CityAppeal
from yiwang.apps.city.queries.judging import appeals
from yiwang.apps.city.rules.judging.appeals import ContestError, Counted, contested
from yiwang.kernel.base.datachecks import Look
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.cases.errors import ActionNotAllowed, LimitReached, SameHands
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import moves, soundness

ALL = ("overdue", "rework", "return")


@pytest.mark.parametrize(("given", "possible", "expected"), [
    (["rework", "overdue", "rework"], ALL, ["overdue", "rework"]), ("return", ALL, ["return"]), ([], ALL, "none"), (None, ALL, "none"), ({}, ALL, "none"),
    (["overdue"], ["rework"], "nothing"), ([["x"]], ALL, "nothing"),
])  # fmt: skip
def test_what_is_contested(given, possible, expected):
    if isinstance(expected, list):
        assert contested(given, possible) == expected
        return
    with pytest.raises(ContestError) as refused:
        contested(given, possible)
    assert refused.value.reason == expected


def test_only_what_counts_can_be_contested():
    assert Counted().against() == {}
    assert Counted(over_minutes=0.5, returns=2).against() == {"overdue": 0.5, "return": 2}


@pytest.fixture
def closed(world):
    """A case that came back once and was then done late: two counts stand against the water company."""
    case = walk.advance(world, walk.report(world), "checking")
    case = walk.do(world, case, "inspector2", "complete", "check", "fail", reason="仍有响声", files=(walk.upload(world.actor("inspector2"), "no", stage="check"),))
    case = walk.do(world, case, "dispatcher", "complete", "rework", "handle", reason="请返工")
    walk.let_pass(case, 200)
    return walk.advance(world, Case.objects.get(pk=case.pk), "closed")


def appeal(world, case, *contests, who="handler2"):
    return walk.do(world, case, who, "appeal", reason="井盖厂停产，已报备", contests=list(contests))


@pytest.mark.django_db
def test_two_posts_judge_and_each_count_stands_or_falls_by_itself(world, closed):
    org = world.orgs["company-water"]
    counted = appeals.counted(closed, org)
    assert (counted.over_minutes > 60, counted.reworks, counted.returns) == (True, 1, 0)
    appeal(world, closed, "overdue", "rework")
    assert list(CityAppeal.objects.values_list("contests", "accepted", "org__code").order_by("pk")) == [("overdue", None, "company-water"), ("rework", None, "company-water")]
    assert appeals.lifted([closed.pk]) == {}, "asked is not yet lifted"
    walk.do(world, closed, "dispatcher", "complete", "appeal", "agree", lifted=["overdue"], reason="返工属实，停产属实")
    assert dict(CityAppeal.objects.values_list("contests", "accepted")) == {"overdue": None, "rework": False}
    assert not Case.objects.get(pk=closed.pk).appeal_accepted, "the second post has not spoken"
    with pytest.raises(BadInput):
        walk.do(world, closed, "acceptor", "complete", "appeal", "agree", lifted=["rework"])  # turned down before
    done = walk.do(world, closed, "acceptor", "complete", "appeal", "agree", reason="同意")
    assert (done.appeal_accepted, done.state, done.rework_count) == (True, "closed", 1), "the fact stays visible"
    assert appeals.lifted([closed.pk]) == {closed.pk: {(org.pk, "overdue")}}
    row = appeals.accepted(contests="overdue", orgs=[org.pk]).get()
    assert (row.reason, row.answer, row.decided_by_id) == ("井盖厂停产，已报备", "同意", world.account("acceptor").pk)
    assert appeals.accepted(until=row.decided_at).count() == 0
    assert appeals.accepted(since=row.decided_at).count() == 1
    assert [f for f in soundness.replayed(Look()) if "appeal" in str(f)] == []


@pytest.mark.django_db
def test_lifting_a_rework_leaves_the_overdue_counted(world, closed):
    appeal(world, closed, "rework")
    walk.do(world, closed, "dispatcher", "complete", "appeal", "agree", reason="同意")
    done = walk.do(world, closed, "acceptor", "complete", "appeal", "agree", reason="同意")
    assert not done.appeal_accepted
    assert {c for _org, c in appeals.lifted([closed.pk])[closed.pk]} == {"rework"}


@pytest.mark.django_db
def test_a_refusal_lifts_nothing_and_there_is_no_second_try(world, closed):
    appeal(world, closed, "overdue")
    walk.do(world, closed, "dispatcher", "complete", "appeal", "deny", reason="未在时限内报备")
    row = CityAppeal.objects.get()
    assert (row.accepted, row.answer, appeals.lifted([closed.pk])) == (False, "未在时限内报备", {})
    assert not Task.objects.filter(case=closed, kind="appeal", state="open").exists()
    with pytest.raises(LimitReached):
        appeal(world, closed, "rework")
    assert "appeal" not in {m.action for m in moves.moves_for(world.actor("handler2"), closed)}


@pytest.mark.django_db
@pytest.mark.parametrize(("contests", "field"), [((), "contests"), (("return",), "contests"), (("nonsense",), "contests")])
def test_what_does_not_stand_against_the_body_is_refused(world, closed, contests, field):
    with pytest.raises(BadInput) as refused:
        appeal(world, closed, *contests)
    assert refused.value.errors[0]["field"] == field
    assert CityAppeal.objects.count() == Task.objects.filter(kind="appeal").count() == 0


@pytest.mark.django_db
def test_who_may_appeal_and_until_when(world, closed):
    with pytest.raises(ProblemError):
        appeal(world, closed, "overdue", who="handler")  # another body
    with pytest.raises(ProblemError):
        appeal(world, closed, "overdue", who="inspector")
    Case.objects.filter(pk=closed.pk).update(closed_at=closed.closed_at.replace(year=closed.closed_at.year - 1))
    with pytest.raises(ActionNotAllowed):
        appeal(world, closed, "overdue")
    assert "appeal" not in {m.action for m in moves.moves_for(world.actor("handler2"), Case.objects.get(pk=closed.pk))}


@pytest.mark.django_db
def test_nobody_judges_his_own(world, closed):
    appeal(world, closed, "overdue")
    task = Task.objects.get(kind="appeal", state="open")
    task.data = {**task.data, "asked_by": world.account("dispatcher").pk}
    task.save()
    with pytest.raises(SameHands):
        walk.do(world, closed, "dispatcher", "complete", "appeal", "agree")
    assert CityAppeal.objects.get().accepted is None


@pytest.mark.django_db
def test_the_pages(world, closed):
    page = world.client("handler2").get(reverse("city:case", args=[closed.uid])).content.decode()
    assert "申诉事项" in page
    assert 'value="return"' not in page
    appeal(world, closed, "overdue", "rework")
    for who, seen in (("handler2", 2), ("leader", 2), ("dispatcher", 2), ("handler", 0)):
        answer = world.client(who).get(reverse("city:appeals"))
        assert (answer.status_code, len(answer.context["rows"])) == (200, seen), who
    assert world.client("inspector").get(reverse("city:appeals")).status_code == 403
    assert len(world.client("leader").get(reverse("city:appeals") + "?state=accepted").context["rows"]) == 0
    judging = world.client("dispatcher").get(reverse("city:case", args=[closed.uid])).content.decode()
    assert 'name="move-' in judging
    assert "不再计入" in judging
