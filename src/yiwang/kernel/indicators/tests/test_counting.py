"""Counting and ranking: a month computed by hand, parts that add up to the whole, the cases behind every number."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import walk
from yiwang.kernel.areas.models import Area
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries.work import visible_cases
from yiwang.kernel.indicators.contracts import NOBODY, Asked, ObjectKind, Period, PeriodKind
from yiwang.kernel.indicators.models import CaseFact, ReportFact, StageFact
from yiwang.kernel.indicators.queries import catalogue, drill, evaluate, league
from yiwang.kernel.indicators.rules import conditions, periods
from yiwang.kernel.indicators.rules.vocabulary import TABLES, WORDS
from yiwang.kernel.indicators.services import facts
from yiwang.kernel.indicators.tests.month import HOUR, START, Month

pytestmark = pytest.mark.django_db

SEPTEMBER = periods.of_day(PeriodKind.MONTH, date(2026, 9, 1))
LATER = datetime(2026, 11, 1, tzinfo=UTC)
AREAS_AND_BODIES = (ObjectKind.ALL, ObjectKind.DISTRICT, ObjectKind.STREET, ObjectKind.COMMUNITY, ObjectKind.GRID, ObjectKind.BEAT,
                    ObjectKind.DEPARTMENT, ObjectKind.POST, ObjectKind.PERSON, ObjectKind.CLASS, ObjectKind.MAJOR, ObjectKind.CHANNEL)  # fmt: skip


def department(world: Any, code: str) -> int:
    return int(world.orgs[code].pk)


def by_hand(month: Month, org: int) -> None:
    """Thirty stages of handling: 20 in time, 4 late, 3 overdue and undone, 2 reworks in time, 1 returned, besides 1 cancelled."""
    for n in range(20):
        month.stage("handle", START + n * HOUR, done_h=10, org_id=org)
    for n in range(4):
        month.stage("handle", START + n * HOUR, done_h=30, org_id=org)
    for n in range(3):
        month.stage("handle", START + n * HOUR, org_id=org)
    for n in range(2):
        month.stage("handle", START + n * HOUR, done_h=5, org_id=org, round=2)
    month.stage("handle", START, done_h=2, org_id=org, action="return", is_returned=True)
    month.stage("handle", START, done_h=2, org_id=org, is_cancelled=True)
    for _n in range(60):
        month.case(START, org_id=org, closed_h=20)


def test_a_month_by_hand(judged: Any) -> None:
    month, water = Month(judged), department(judged, "company-water")
    by_hand(month, water)
    found = league.of_scheme("department", SEPTEMBER, as_of=LATER)
    row = next(r for r in found.rows if r.key == str(water))
    assert {c: row.measures[c] for c in ("need_dispose", "dispose", "intime_dispose", "rework", "inst")} == {
        "need_dispose": 29, "dispose": 26, "intime_dispose": 22, "rework": 2, "inst": 60}  # fmt: skip
    assert row.figures["dispose_rate"].value == pytest.approx(2600 / 29)
    assert row.figures["intime_dispose_rate"].value == pytest.approx(2200 / 29)
    # 60 cases: band 51 to 100, 90 points
    score = 0.1 * 90 + 0.3 * 2600 / 29 + 0.3 * 2200 / 29 + 0.3 * (100 - 200 / 29)
    assert row.score == pytest.approx(score, abs=0.005)
    assert (row.rank, row.grade) == (1, "B")
    others = [r for r in found.rows if r.key != str(water)]
    assert others
    assert all(r.score is None and r.rank is None and r.figures["dispose_rate"].value is None for r in others)
    assert found.whole.measures["need_dispose"] == 29


def test_what_is_done_after_the_moment_of_judgement_had_not_been_done(judged: Any) -> None:
    month = Month(judged)
    month.stage("handle", START, due_h=24, done_h=100)
    wanted = [catalogue.on_day(SEPTEMBER.last).measures[c] for c in ("need_dispose", "dispose", "overtime_to_dispose", "overtime_dispose")]

    def counted(as_of: datetime) -> list[float | None]:
        found = evaluate.measures(Asked(period=SEPTEMBER, as_of=as_of), wanted)[ObjectKind.ALL, ""]
        return list(evaluate.completed(found, wanted).values())

    assert counted(START + 48 * HOUR) == [1, 0, 1, 0]
    assert counted(LATER) == [1, 1, 0, 1]
    assert counted(START + HOUR) == [0, 0, 0, 0]  # neither done nor due


def test_days_are_cut_in_the_zone_of_each_root(judged: Any) -> None:
    """Two zones: 1 September begins at 16:00 UTC of 31 August in Shanghai, at 04:00 UTC in New York."""
    city = judged.city
    Area.objects.create(level="city", code="999999", name={"zh-Hans": "另市"}, region="999999", path="999.", time_zone="America/New_York", pk=999)
    month = Month(judged)
    evening = datetime(2026, 8, 31, 17, tzinfo=UTC)
    month.case(evening, root_id=city.pk)
    month.case(evening, root_id=999)
    month.case(evening + 12 * HOUR, root_id=999)
    measure = catalogue.on_day(SEPTEMBER.last).measures["inst"]
    assert evaluate.measures(Asked(period=SEPTEMBER, as_of=LATER), [measure])[ObjectKind.ALL, ""]["inst"] == 2


def test_an_accepted_appeal_takes_off_what_it_was_about_and_nothing_else(judged: Any) -> None:
    month = Month(judged)
    for lifted in ([], ["overdue"], ["rework"]):
        month.stage("handle", START, due_h=1, done_h=2, round=2, lifted=lifted)
    wanted = [catalogue.on_day(SEPTEMBER.last).measures[c] for c in ("need_dispose", "intime_dispose", "rework")]
    assert evaluate.measures(Asked(period=SEPTEMBER, as_of=LATER), wanted)[ObjectKind.ALL, ""] == {"need_dispose": 3, "intime_dispose": 1, "rework": 2}


def test_trial_and_imported_cases_count_when_asked(judged: Any) -> None:
    month = Month(judged)
    for mode in ("live", "trial", "imported"):
        month.case(START, mode=mode)
    measure = catalogue.on_day(SEPTEMBER.last).measures["inst"]
    asked = Asked(period=SEPTEMBER, as_of=LATER)
    assert evaluate.measures(asked, [measure])[ObjectKind.ALL, ""]["inst"] == 1
    assert evaluate.measures(Asked(period=SEPTEMBER, as_of=LATER, modes=("live", "imported")), [measure])[ObjectKind.ALL, ""]["inst"] == 2


optional = st.none() | st.integers(1, 3)


def agrees_with_plain_statements(asked: Asked, measures: list[Any], found: evaluate.Numbers) -> None:
    """Every measure, medians too, of every object of two kinds: as one aggregate with a filter for each says it."""
    for kind in (ObjectKind.ALL, ObjectKind.PERSON):
        column = "f.account_id::text" if kind is ObjectKind.PERSON else "''"
        for n, measure in enumerate(measures):
            sql, values = conditions.counted(measure, f"p{n}_")
            where, more = evaluate.within(asked, WORDS[measure.source][measure.on].sql)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {column}, {sql} FROM {TABLES[measure.source]} f WHERE {where} GROUP BY 1", {**values, **more})
                for key, value in cursor.fetchall():
                    ours = evaluate.completed(found[kind, key or NOBODY if kind is ObjectKind.PERSON else ""], [measure]).get(measure.code)
                    assert ours == (value if value is None else pytest.approx(float(value))), (kind, key, measure.code)
    alone = evaluate.measures(replace(asked, kinds=(ObjectKind.PERSON,)), measures)  # one kind: the planner groups in another way
    assert {k: n for k, n in alone.items() if any(n.values())} == {k: n for k, n in found.items() if k[0] is ObjectKind.PERSON and any(n.values())}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["handle", "accept", "check", "dispatch", "verify", "file"]), st.integers(-100, 900), st.none() | st.integers(0, 60),
                          optional, optional, optional, st.booleans(), st.sampled_from(["", "matter 01001", "matter 02001"])), max_size=14))  # fmt: skip
def test_parts_add_up_to_the_whole(judged: Any, rows: list[Any]) -> None:
    """Of every count, over every kind of object, whatever is missing on a fact."""
    for model in (CaseFact, StageFact, ReportFact):
        model.all_modes.all().delete()
    month = Month(judged)
    for step, hour, done, org, person, grid, odd, class_code in rows:
        told = {"org_id": org, "account_id": person, "grid_id": grid, "class_code": class_code, "class_major": class_code[:9], "street_id": person}
        month.stage(step, START + hour * HOUR, done_h=done, is_returned=odd, round=person or 1, **told)
        month.case(START + hour * HOUR, closed_h=done, **told)
        month.report(START + hour * HOUR, filed=odd, **told)
    every = list(catalogue.on_day(SEPTEMBER.last).measures.values())
    asked = Asked(period=SEPTEMBER, as_of=LATER, kinds=AREAS_AND_BODIES)
    found = evaluate.measures(asked, every)
    agrees_with_plain_statements(asked, every, found)
    measures = [m for m in every if m.aggregate == "count"]
    whole = evaluate.completed(found[ObjectKind.ALL, ""], measures)
    for kind in AREAS_AND_BODIES[1:]:
        parts = [evaluate.completed(n, measures) for (k, _key), n in found.items() if k is kind]
        for measure in measures:
            assert sum(p[measure.code] or 0 for p in parts) == whole[measure.code], (kind, measure.code)


def test_the_facts_behind_a_number_are_as_many_as_the_number(judged: Any) -> None:
    month, water = Month(judged), department(judged, "company-water")
    by_hand(month, water)
    by_hand(month, department(judged, "wangchuan-sanitation"))
    asked = Asked(period=SEPTEMBER, as_of=LATER, kinds=(ObjectKind.DEPARTMENT, ObjectKind.CHANNEL))
    measures = list(catalogue.on_day(SEPTEMBER.last).measures.values())
    found = evaluate.measures(asked, [m for m in measures if m.aggregate == "count"])
    asked_for = 0
    for (kind, key), numbers in found.items():
        for measure in measures:
            if measure.aggregate == "count" and numbers.get(measure.code):
                asked_for += 1
                assert len(drill.fact_ids(asked, measure, kind, key)) == numbers[measure.code], (kind, key, measure.code)
    assert asked_for > 20


def test_a_number_opens_to_its_cases_as_far_as_the_reader_may_see_them(judged: Any, django_assert_num_queries: Any) -> None:
    here = walk.advance(judged, walk.report(judged, at=(1, 1)), "pending_dispatch")
    there = walk.advance(judged, walk.report(judged, at=(2, 3)), "pending_handle", handler="handler2")
    facts.refresh(Case.all_modes.values_list("pk", flat=True))
    today = periods.of_day(PeriodKind.DAY, here.filed_at.date())
    asked = Asked(period=Period(PeriodKind.RANGE, today.first - timedelta(days=2), today.last + timedelta(days=2)), as_of=here.filed_at + timedelta(days=1))
    measure = catalogue.on_day(today.last).measures["inst"]
    leader = judged.actor("leader")
    with django_assert_num_queries(6):  # zones; a savepoint, how to read, the counts with the keys
        behind = drill.behind(leader, asked, measure, ObjectKind.ALL, "")
    assert (behind.facts, behind.cases) == (2, 2)
    assert set(behind.visible) == {here, there}
    bureau = drill.behind(judged.actor("handler2"), asked, measure, ObjectKind.ALL, "")
    assert (bureau.cases, list(bureau.visible)) == (2, [there])
    first = behind.page(size=1)
    assert (first.rows, bool(first.next), first.previous) == ([there], True, "")  # newest first
    second = behind.page(size=1, cursor=first.next)
    assert (second.rows, second.next) == ([here], "")
    assert behind.page(size=1, cursor=second.previous).rows == [there]
    assert (bureau.page(size=1).rows, bureau.page(size=1).next) == ([there], "")


def test_a_page_reads_on_until_it_has_found_what_the_reader_may_see(judged: Any, django_assert_num_queries: Any) -> None:
    oldest = walk.advance(judged, walk.report(judged, at=(2, 3)), "pending_handle", handler="handler2")
    keys = [*range(oldest.pk + 900, oldest.pk, -1), oldest.pk]  # 900 newer ones that he does not see, in front of his own
    behind = drill.Behind(901, keys, visible_cases(judged.actor("handler2")))
    with django_assert_num_queries(3):  # 4, 64, then all
        assert behind.page(size=1).rows == [oldest]


@pytest.mark.parametrize("months", [1, 5])
def test_a_ranking_costs_the_same_whatever_there_is(judged: Any, months: int, django_assert_max_num_queries: Any) -> None:
    month = Month(judged)
    for n in range(months):
        by_hand(month, department(judged, ("company-water", "wangchuan-sanitation")[n % 2]))
    with django_assert_max_num_queries(8):  # definitions, zones twice, room to group, two sources, who is judged, names
        league.of_scheme("department", SEPTEMBER, as_of=LATER)


def test_a_body_that_is_renamed_or_merged_keeps_what_it_did(judged: Any) -> None:
    month, water, other = Month(judged), judged.orgs["company-water"], judged.orgs["wangchuan-sanitation"]
    by_hand(month, water.pk)
    by_hand(month, other.pk)
    before = league.of_scheme("department", SEPTEMBER, as_of=LATER)
    water.name, water.is_active = {"zh-Hans": "原水务公司", "en": "Former water company"}, False
    water.save()
    after = league.of_scheme("department", SEPTEMBER, as_of=LATER)
    assert after.whole.measures == before.whole.measures
    row = next(r for r in after.rows if r.key == str(water.pk))
    assert row.measures == next(r for r in before.rows if r.key == str(water.pk)).measures
    assert row.name in ("原水务公司", "Former water company")


def test_medians_of_one_kind_alone(judged: Any) -> None:
    """Grouped by sorting or by hashing, with an even and an odd number of cases: the middle of what was closed, by hand."""
    month = Month(judged)
    for org, hours in ((11, (30, 2, 50, 7, 9)), (12, (5, 41, 8, 3)), (13, (6,))):
        for n, closed in enumerate(hours):
            month.case(START + n * HOUR, org_id=org, closed_h=closed)
    measure = catalogue.on_day(SEPTEMBER.last).measures["median_minutes"]
    for kinds in ((ObjectKind.DEPARTMENT,), (ObjectKind.ALL, ObjectKind.DEPARTMENT), AREAS_AND_BODIES):
        for hashed in ("on", "off"):
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL enable_hashagg = {hashed}")
            found = evaluate.measures(Asked(period=SEPTEMBER, as_of=LATER, kinds=kinds), [measure])
            hours_of = {key: n["median_minutes"] / 60 - 1 for (kind, key), n in found.items() if kind is ObjectKind.DEPARTMENT}
            assert hours_of == {"11": 9, "12": 6.5, "13": 6}, (kinds, hashed)
