"""Facts (评价事实) follow the record: the same rows whether they were kept event by event or made anew."""

import re
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tests import walk
from yiwang.kernel.audit.models import Event
from yiwang.kernel.cases.models import Task
from yiwang.kernel.cases.rules.replay import FINISHING
from yiwang.kernel.indicators.contracts import Source
from yiwang.kernel.indicators.models import CaseFact, ReportFact, StageFact
from yiwang.kernel.indicators.rules.vocabulary import TABLES
from yiwang.kernel.indicators.services import facts

pytestmark = pytest.mark.django_db


def keep(since: int = 0) -> int:
    """Hand the facts' reader what was recorded behind a position; returns the last one."""
    events = list(Event.all_modes.filter(position__gt=since).order_by("position"))
    for event in events:  # one by one: the worst case for a reader that works in batches
        facts.refresh([event.case_id] if event.case_id else [])
    return events[-1].position if events else since


def rows(source: Source) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TABLES[source]} ORDER BY 1, 2, 3, 4")
        names = [c.name for c in cursor.description]
        return sorted((dict(zip(names, row, strict=True)) for row in cursor.fetchall()), key=str)


def history(world: Any) -> list[Any]:
    """A few cases that went all ways: closed, reworked, returned, joined, refused, still open."""
    closed = walk.advance(world, walk.report(world, at=(1, 1)), "closed")
    open_case = walk.advance(world, walk.report(world, at=(3, 3)), "pending_handle")
    waiting = walk.report(world, at=(4, 1), who="citizen", channel="public")
    return [closed, open_case, waiting]


def test_kept_event_by_event_and_made_anew_are_the_same(judged: Any) -> None:
    cases = history(judged)
    keep()
    kept = {source: rows(source) for source in Source}
    assert len(kept[Source.CASE]) == len(kept[Source.REPORT]) == len(cases)
    assert len(kept[Source.STAGE]) == Task.all_modes.count() > 8
    assert facts.differences() == dict.fromkeys(Source, 0)
    for model in (CaseFact, StageFact, ReportFact):
        model.all_modes.all().delete()
    facts.fill()
    assert {source: rows(source) for source in Source} == kept


def indexes() -> set[str]:
    """What the facts of stages are found by, without the names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'yw_indicators_stagefact'")
        return {re.sub(r"INDEX \S+ ON", "INDEX ON", line) for (line,) in cursor.fetchall()}


@pytest.mark.committed
def test_a_rebuild_by_the_owner_puts_new_tables_in_place_of_the_old(committed: Any, committed_world: Any) -> None:
    world = committed_world
    cases = history(world)
    keep()
    kept, made = {source: rows(source) for source in Source}, indexes()
    StageFact.objects.filter(case_id=cases[0].pk).delete()  # something was lost
    done = subprocess.run(
        [sys.executable, "-m", "yiwang", "indicators", "rebuild"], env=committed.env() | {"YIWANG_DB_ROLE": "owner"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    connection.close()
    assert {source: rows(source) for source in Source} == kept
    facts.refresh([c.pk for c in cases])  # the app still writes them: rights and keys came along
    assert indexes() == made
    assert len(made) >= 5


def test_handed_twice_and_out_of_order_changes_nothing(judged: Any) -> None:
    history(judged)
    keep()
    kept = {source: rows(source) for source in Source}
    for event in Event.all_modes.order_by("-position"):
        facts.refresh([event.case_id] if event.case_id else [])
    assert {source: rows(source) for source in Source} == kept


def test_a_lost_fact_is_found_and_a_changed_one_too(judged: Any) -> None:
    cases = history(judged)
    keep()
    StageFact.objects.filter(case_id=cases[0].pk, step="handle").delete()
    CaseFact.objects.filter(case_id=cases[1].pk).update(returns=7)
    assert facts.differences() == {Source.REPORT: 0, Source.CASE: 1, Source.STAGE: 1}
    facts.refresh([c.pk for c in cases])
    assert facts.differences() == dict.fromkeys(Source, 0)


def test_stages_agree_with_the_events_that_ended_them(judged: Any) -> None:
    """Stages come from tasks; the record must say the same of who ended them, and when."""
    history(judged)
    keep()
    ended = {str(e.task_uid): e for e in Event.all_modes.filter(task_uid__isnull=False, action__in=FINISHING)}
    uids = dict(Task.all_modes.values_list("pk", "uid"))
    done = list(StageFact.objects.filter(done_at__isnull=False, is_cancelled=False))
    assert len(done) == len(ended) > 8
    for stage in done:
        event = ended[str(uids[stage.task_id])]
        assert (stage.step, stage.result, stage.account_id, stage.post_id) == (event.step, event.outcome, event.actor_id, event.post_id)
        assert abs(stage.done_at - event.occurred_at) < timedelta(seconds=5)


def test_a_case_lies_in_every_level_above_it(judged: Any) -> None:
    case = walk.report(judged, at=(1, 1))
    keep()
    fact = CaseFact.objects.get(case_id=case.pk)
    levels = {a.level: a.pk for a in judged.areas.values() if case.area_path.startswith(a.path)}
    assert (fact.district_id, fact.street_id, fact.community_id) == (levels["district"], levels["street"], levels["community"])
    assert fact.grid_id == case.area_id
    assert fact.root_id == judged.city.pk
    assert fact.class_code.split()[0] == "component"
    assert ReportFact.objects.get(case_id=case.pk).channel == "inspector"
