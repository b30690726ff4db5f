"""Closed periods: kept with their facts, changed by nothing, recomputed by another way; definitions by versions."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.identity.models import RoleGrant
from yiwang.kernel.indicators.contracts import Asked, ObjectKind, PeriodKind
from yiwang.kernel.indicators.errors import DefinitionInUse, DefinitionRefused, PeriodClosed, PeriodStillRuns
from yiwang.kernel.indicators.models import CaseFact, Definition, Result, ResultMember, ResultRow, StageFact
from yiwang.kernel.indicators.queries import catalogue, league
from yiwang.kernel.indicators.queries.drill import behind_closed
from yiwang.kernel.indicators.queries.verifying import verify
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.indicators.services import closing, defining
from yiwang.kernel.indicators.tests.month import HOUR, START, Month

pytestmark = pytest.mark.django_db
SEPTEMBER = periods.of_day(PeriodKind.MONTH, date(2026, 9, 1))
NAME = {"zh-Hans": "名", "en": "name"}


@pytest.fixture
def evaluator(judged: Any) -> Any:
    """Somebody who defines, closes and publishes."""
    leader = judged.people["leader"]
    for code in ("indicators.define", "indicators.close", "indicators.publish"):
        RoleGrant.objects.get_or_create(role=leader.post.role, permission=code)
    return judged.actor("leader")


@pytest.fixture
def month(judged: Any) -> Month:
    made, water = Month(judged), judged.orgs["company-water"].pk
    for n in range(6):
        made.stage("handle", START + n * HOUR, done_h=10 + 5 * n, org_id=water)
        made.case(START + n * HOUR, closed_h=12 + 5 * n, org_id=water)
    made.stage("handle", START, org_id=judged.orgs["wangchuan-sanitation"].pk)
    made.case(START, closed_h=9, worked_minutes=90.0)
    return made


def numbers(result: Result) -> dict[tuple[str, str], Any]:
    return {(r.kind, r.key): (r.measures, r.figures, r.score, r.rank) for r in ResultRow.objects.filter(result=result)}


def test_a_closed_period_is_changed_by_nothing_that_comes_later(evaluator: Any, judged: Any, month: Month) -> None:
    result = closing.close(evaluator, "department", SEPTEMBER)
    kept = numbers(result)
    live = league.of_scheme("department", SEPTEMBER, as_of=result.as_of)
    water = str(judged.orgs["company-water"].pk)
    assert kept["department", water][0] == dict(next(r for r in live.rows if r.key == water).measures)
    # A case is voided, a late report of a phone without network comes in, a body works faster than it did.
    CaseFact.objects.filter(org_id=water).update(outcome="void")
    month.stage("handle", START, done_h=1, org_id=int(water))
    assert league.of_scheme("department", SEPTEMBER, as_of=result.as_of).whole.measures != live.whole.measures
    assert numbers(result) == kept
    place = [m["code"] for m in result.catalogue["measures"]].index("need_dispose")
    opened = behind_closed(judged.actor("leader"), result.pk, place, water)
    assert opened.facts == kept["department", water][0]["need_dispose"] == 6
    assert [v.faults for v in verify([result])] == [[]]


@pytest.mark.parametrize("hand", ["row", "score", "member", "hash", "definition"])
def test_verify_finds_what_was_changed_by_hand(evaluator: Any, judged: Any, month: Month, hand: str) -> None:
    result = closing.close(evaluator, "department", SEPTEMBER)
    row = ResultRow.objects.get(result=result, key=str(judged.orgs["company-water"].pk))
    match hand:
        case "row":
            row.measures["intime_dispose"] += 1
            row.save()
        case "score":
            ResultRow.objects.filter(pk=row.pk).update(score=100.0)
        case "member":
            ResultMember.objects.filter(result=result).first().delete()
        case "hash":
            Result.objects.filter(pk=result.pk).update(hash="0" * 64)
        case "definition":
            result.catalogue["scheme"]["items"][0]["weight"] = 1
            result.save()
    (found,) = verify([Result.objects.get(pk=result.pk)])
    assert found.faults
    with pytest.raises(CommandError):
        call_command("indicators", "verify")


def test_the_record_holds_the_hash(evaluator: Any, month: Month) -> None:
    result = closing.close(evaluator, "department", SEPTEMBER)
    line = Event.all_modes.get(uid=result.event_uid)
    assert (line.action, line.data["hash"], line.actor_id) == ("indicators.closed", result.hash, evaluator.account_id)
    assert line.data["members"] == ResultMember.objects.filter(result=result).count() > 10


def test_sums_means_and_medians_are_recounted_too(evaluator: Any, judged: Any, month: Month) -> None:
    today = datetime(2026, 9, 1, tzinfo=UTC).date()
    for code, measure in (("how_long", "worked"), ("how_late", "median_minutes")):
        defining.define(evaluator, "indicator", code, {"name": NAME, "formula": measure, "unit": "minutes"}, valid_from=today, reason="test")
    items = [{"indicator": "how_long", "weight": 50}, {"indicator": "how_late", "weight": 50}]
    defining.define(evaluator, "scheme", "times", {"name": NAME, "objects": "street", "items": items, "grades": []}, valid_from=today, reason="test")
    result = closing.close(evaluator, "times", SEPTEMBER)
    whole = ResultRow.objects.get(result=result, kind="all")
    assert whole.measures["worked"] == 90.0
    assert whole.measures["median_minutes"] == 60 * (1 + 22)  # closed after 9, 12, 17, 22, 27, 32, 37 hours; reported one before
    assert [v.faults for v in verify([result])] == [[]]


def test_a_correction_is_a_new_version_with_its_reason(evaluator: Any, judged: Any, month: Month) -> None:
    first = closing.close(evaluator, "department", SEPTEMBER)
    water = judged.orgs["company-water"].pk
    late = StageFact.objects.filter(org_id=water).order_by("-done_at").first()
    StageFact.objects.filter(pk=late.pk).update(lifted=["overdue"])  # an appeal was accepted
    with pytest.raises(BadInput):
        closing.correct(evaluator, str(first.uid), reason=" ")
    second = closing.correct(evaluator, str(first.uid), reason="申诉成立")
    assert (second.version, second.corrects_id, second.as_of) == (2, first.pk, first.as_of)
    key = ("department", str(water))
    assert numbers(second)[key][0]["intime_dispose"] == numbers(first)[key][0]["intime_dispose"] + 1
    with pytest.raises(BadInput):
        closing.correct(evaluator, str(first.uid), reason="again")
    assert [v.faults for v in verify([first, second])] == [[], []]


def test_what_cannot_be_closed(evaluator: Any, judged: Any, month: Month) -> None:
    with pytest.raises(PeriodStillRuns):
        closing.close(evaluator, "department", periods.of_day(PeriodKind.YEAR, datetime.now(UTC).date()))
    with pytest.raises(NotFound):
        closing.close(evaluator, "nothing", SEPTEMBER)
    with pytest.raises(NotPermitted):
        closing.close(judged.actor("handler2"), "department", SEPTEMBER)
    assert not Result.objects.exists()
    closing.close(evaluator, "department", SEPTEMBER)
    with pytest.raises(PeriodClosed):
        closing.close(evaluator, "department", SEPTEMBER)
    assert Result.objects.count() == 1


def test_publishing_twice_is_publishing_once(evaluator: Any, month: Month) -> None:
    result = closing.close(evaluator, "department", SEPTEMBER)
    first = closing.publish(evaluator, str(result.uid))
    again = closing.publish(evaluator, str(result.uid))
    assert first.published_at == again.published_at is not None
    assert Event.all_modes.filter(action="indicators.published").count() == 1


def test_a_definition_holds_from_its_day_on(evaluator: Any) -> None:
    body = {**Definition.objects.get(kind="indicator", code="dispose_rate").body, "target": 99}
    defining.define(evaluator, "indicator", "dispose_rate", body, valid_from=date(2026, 10, 1), reason="市政府令")
    assert catalogue.on_day(date(2026, 9, 30)).indicators["dispose_rate"].version == 1
    assert catalogue.on_day(date(2026, 10, 1)).indicators["dispose_rate"].target == 99
    with pytest.raises(DefinitionRefused, match="2026"):
        defining.define(evaluator, "indicator", "dispose_rate", body, valid_from=date(2026, 9, 1), reason="earlier")
    assert defining.load_shipped() == 0  # what ships does not replace the local edit
    assert catalogue.on_day(date(2026, 10, 1)).indicators["dispose_rate"].target == 99


def test_what_is_in_use_is_not_retired(evaluator: Any) -> None:
    with pytest.raises(DefinitionInUse) as refused:
        defining.retire(evaluator, "indicator", "dispose_rate", valid_from=date(2026, 12, 1), reason="no more")
    assert refused.value.users == ["department"]
    with pytest.raises(DefinitionInUse):
        defining.retire(evaluator, "measure", "need_dispose", valid_from=date(2026, 12, 1), reason="no more")
    assert not Definition.objects.filter(is_retired=True).exists()
    defining.retire(evaluator, "scheme", "department", valid_from=date(2026, 12, 1), reason="no more")
    defining.retire(evaluator, "indicator", "overdue_undone_rate", valid_from=date(2026, 12, 1), reason="no more")
    assert "department" in catalogue.on_day(date(2026, 11, 30)).schemes
    assert "department" not in catalogue.on_day(date(2026, 12, 1)).schemes


@pytest.mark.parametrize(("kind", "code", "body"), [
    ("indicator", "dispose_rate", {"name": NAME, "formula": "need_dispose / nothing_like_it"}),
    ("indicator", "x", {"name": NAME, "formula": "1; DROP TABLE yw_cases_case"}),
    ("measure", "x", {"name": NAME, "source": "case", "on": "filed", "where": "1 = 1 or pg_sleep(9)"}),
    ("scheme", "x", {"name": NAME, "objects": "street", "items": [{"indicator": "unknown", "weight": 100}]}),
])  # fmt: skip
def test_a_bad_definition_is_refused_and_leaves_nothing(evaluator: Any, kind: str, code: str, body: dict[str, Any]) -> None:
    before = Definition.objects.count()
    with pytest.raises(DefinitionRefused):
        defining.define(evaluator, kind, code, body, valid_from=date(2026, 12, 1), reason="test")
    assert Definition.objects.count() == before
    assert not Event.all_modes.filter(action="indicators.defined").exists()


def test_nobody_without_the_permission_defines(judged: Any) -> None:
    with pytest.raises(NotPermitted):
        defining.define(judged.actor("dispatcher"), "indicator", "x", {"name": NAME, "formula": "inst"}, valid_from=date(2026, 12, 1), reason="test")


def test_every_definition_that_ships_can_be_counted(judged: Any) -> None:
    """Each scheme over each measure runs as SQL on an empty county and on one with cases."""
    found = catalogue.on_day(SEPTEMBER.last)
    assert len(found.measures) > 40
    Month(judged).stage("handle", START, done_h=1)
    for code in found.schemes:
        table = league.of_scheme(code, SEPTEMBER)
        assert table.whole.kind is ObjectKind.ALL
    assert Asked(period=SEPTEMBER, as_of=START).modes == ("live",)
