"""Appeals and figures together: what an accepted appeal lifts is not counted against the body any more, and nothing else changes."""

from datetime import timedelta
from typing import Any

import pytest

from tests import walk
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.indicators.contracts import Asked, ObjectKind, Period, PeriodKind
from yiwang.kernel.indicators.queries import catalogue, evaluate
from yiwang.kernel.indicators.services import defining, facts

pytestmark = pytest.mark.django_db
CODES = ("need_dispose", "dispose", "intime_dispose", "overtime_dispose", "rework", "need_archive", "archive", "intime_archive")


@pytest.fixture
def closed(world: Any) -> Case:
    """A case that the water company did badly first, and late the second time."""
    defining.load_shipped()
    case = walk.advance(world, walk.report(world), "checking")
    photo = walk.upload(world.actor("inspector2"), "no", stage="check")
    case = walk.do(world, case, "inspector2", "complete", "check", "fail", reason="仍有响声", files=(photo,))
    case = walk.do(world, case, "dispatcher", "complete", "rework", "handle", reason="请返工")
    walk.let_pass(case, 200)
    return walk.advance(world, Case.objects.get(pk=case.pk), "closed")


def counted(case: Case) -> dict[str, float | None]:
    """Return what counts for the body that handled, in a span that holds everything."""
    facts.refresh([case.pk])
    assert not any(facts.differences().values())
    today = now().date()
    asked = Asked(period=Period(PeriodKind.RANGE, today - timedelta(days=400), today + timedelta(days=2)), as_of=now() + timedelta(days=1), kinds=(ObjectKind.DEPARTMENT,))
    measures = [catalogue.on_day(today).measures[c] for c in CODES]
    org = Task.all_modes.filter(case=case, step="handle").values_list("org_id", flat=True)[0]
    return evaluate.completed(evaluate.measures(asked, measures)[ObjectKind.DEPARTMENT, str(org)], measures)


def test_an_accepted_appeal_is_recomputed_count_by_count(world: Any, closed: Case) -> None:
    before = counted(closed)
    assert (before["need_dispose"], before["dispose"], before["rework"]) == (2, 2, 1)
    assert before["overtime_dispose"] == before["dispose"] - before["intime_dispose"] > 0
    case = walk.do(world, closed, "handler2", "appeal", reason="井盖厂停产，已报备", contests=["overdue"])
    assert counted(case) == before  # asked is not lifted
    walk.do(world, case, "dispatcher", "complete", "appeal", "agree", lifted=["overdue"], reason="停产属实")
    case = walk.do(world, case, "acceptor", "complete", "appeal", "agree", reason="同意")
    after = counted(case)
    assert after["overtime_dispose"] == 0
    assert after["intime_dispose"] == after["dispose"] == before["dispose"]
    assert after["rework"] == before["rework"]
    assert after["intime_archive"] == after["archive"] == 1
    assert (after["need_dispose"], after["need_archive"]) == (before["need_dispose"], before["need_archive"])
