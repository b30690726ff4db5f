"""Appeals and figures together: what an accepted appeal lifts is not counted against the body any more, and nothing else changes."""

from datetime import timedelta
from typing import Any

import pytest

from tests import walk
from yiwang.apps.city.models import MediaReport, MissedReport, OutsideFigure
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.indicators.contracts import Asked, Figure, ObjectKind, Period, PeriodKind
from yiwang.kernel.indicators.queries import catalogue, evaluate, league
from yiwang.kernel.indicators.rules import periods
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


def test_what_was_missed_counts_beside_what_was_reported(world: Any) -> None:
    defining.load_shipped()
    inspector, other = world.account("inspector"), world.account("inspector2")
    cases = [walk.advance(world, walk.report(world, at=(n, 1)), "pending_dispatch") for n in (1, 2)]
    told = walk.report(world, at=(4, 4), who="citizen", channel="public")
    facts.refresh([c.pk for c in (*cases, told)])
    for account, counts in ((inspector, True), (other, None)):
        MissedReport.objects.create(
            case=told, grid=ResponsibilityGrid.objects.first(), area_path=told.area_path, account=account, shift_uid=uuid7(), shift_began_at=told.reported_at,
            reported_at=told.reported_at, raised_at=now(), verdict="missed" if counts else "", counted=counts,
        )  # fmt: skip
    month = periods.of_day(PeriodKind.MONTH, told.reported_at.date())
    found = league.of_scheme("inspector", month, as_of=now() + timedelta(days=1))
    row = next(r for r in found.rows if r.key == str(inspector.pk))
    assert row.figures["missed_rate"] == Figure(pytest.approx(100 / 3), 1.0, 3.0)
    assert next(r for r in found.rows if r.key == str(other.pk)).figures["missed_rate"].value is None  # asked, not judged
    assert found.whole.figures["missed_rate"].numerator == 1.0


def test_evaluation_from_outside_stands_apart(world: Any) -> None:
    defining.load_shipped()
    district, street = world.areas["371592"], world.areas["371592001"]
    month = periods.of_day(PeriodKind.MONTH, now().date())
    common = {"period_from": month.first, "period_to": month.last, "version": 1, "source": "抽样调查", "entered_at": now()}
    OutsideFigure.objects.create(kind="survey", area=street, area_path=street.path, numerator=30, denominator=40, **common)
    OutsideFigure.objects.create(kind="survey", area=district, area_path=district.path, numerator=50, denominator=60, **common)
    OutsideFigure.objects.create(kind="satisfaction", area=district, area_path=district.path, numerator=9, denominator=10, **common)
    for n, verdict in enumerate(("true", "untrue")):
        MediaReport.objects.create(source="晚报", title=f"路面{n}", published_on=month.first, area=street, area_path=street.path, verdict=verdict, entered_at=now())
    found = league.of_scheme("outside", month)
    row = next(r for r in found.rows if r.key == str(district.pk))
    assert row.figures["survey_score"] == Figure(80.0, 80.0, 100.0)
    assert row.figures["media_score"].value == 95.0
    assert row.score == pytest.approx(0.5 * 80 + 0.3 * 90 + 0.2 * 95)
    others = [r for r in found.rows if r.key != str(district.pk)]
    assert others
    assert all(r.score is None and r.figures["media_score"].value == 100.0 for r in others)  # 20 of 100 known: not ranked
