"""Reads that compare cases with their events, tasks, clocks, timers and engine (`yiwang check-data`)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, Sum

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.datachecks import Finding, Look, register_data_check, snapshot
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, Clock, ClockChange, EngineState, Matter, NumberSeries, Report, Task, Timer
from yiwang.kernel.cases.queries import matters
from yiwang.kernel.cases.rules import clocks as clock_rules
from yiwang.kernel.cases.rules import replay as rules
from yiwang.kernel.cases.services import clocks
from yiwang.kernel.process import engine
from yiwang.kernel.worktime.queries import calendar_for

CHUNK = 500
END_STATES = ("merged", "void", "forced_close")  # besides those that a matter names
MOST_TRIES = 5  # as services.timers


def register() -> None:
    register_data_check("cases.replay", "does every case equal what its events say?", replayed)
    register_data_check("cases.tasks", "has every open task its open case, every open case something that waits, the engine the same?", waiting)
    register_data_check("cases.clocks", "is every clock, computed again from its history, what its row says?", clocks_agree)
    register_data_check("cases.timers", "is a warning set for every running clock, and none given up?", timers)
    register_data_check("cases.answers", "does what was acknowledged to a caller exist?", answers)
    register_data_check("cases.numbers", "is every number of every series on a case?", numbers)
    register_data_check("cases.files", "are the files that events name tied to the case?", event_files)


def _made_here() -> Any:
    """Cases that the platform itself carried: made-up samples and imports have no history of ours."""
    return Case.all_modes.filter(is_sample=False).exclude(mode="imported")


def _chunks(rows: Any) -> Iterator[list[Any]]:
    """Yield rows by key, each chunk inside one snapshot with everything that is read for it."""
    last = 0
    while True:
        with snapshot():
            found = list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK])
            if not found:
                return
            yield found
        last = found[-1].pk


def _grouped(rows: Iterable[Any], key: str) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def words_of(version_id: int) -> rules.Words:
    """Return what a matter version calls ends and rework."""
    config = configs.of_version(version_id)
    reworks = {
        (step, outcome) for step, line in config.raw.get("steps", {}).items()
        for outcome, way in line.get("outcomes", {}).items() if way.get("counts") == "rework"
    }
    return rules.Words(frozenset(config.ends().values()) | frozenset(END_STATES), frozenset(reworks))


# --- events and rows --------------------------------------------------------------------------------------------------

_EVENT = ("case_id", "case_seq", "action", "step", "from_state", "to_state", "outcome", "task_uid", "occurred_at", "recorded_at", "data")


def _line(row: dict[str, Any]) -> rules.Line:
    return rules.Line(
        row["case_seq"], row["action"], row["step"], row["from_state"], row["to_state"], row["outcome"], str(row["task_uid"] or ""),
        row["occurred_at"], row["recorded_at"], row["data"],
    )


def _facts(case: Case, tasks: Sequence[dict[str, Any]], reports: Sequence[dict[str, Any]], main_uid: str) -> rules.CaseFacts:
    return rules.CaseFacts(
        state=case.state, outcome=case.outcome, closed_at=case.closed_at, number=case.number, filed_at=case.filed_at,
        counts={name: getattr(case, name) for name in rules.COUNTERS}, suspended_until=case.suspended_until,
        was_suspended=case.was_suspended, appeal_accepted=case.appeal_accepted, main=main_uid, event_count=case.event_count,
        open_tasks=frozenset(str(t["uid"]) for t in tasks if t["state"] == "open"),
        done_tasks={str(t["uid"]): (t["action"], t["outcome"]) for t in tasks if t["state"] == "done"},
        reports=frozenset(str(r["uid"]) for r in reports),
    )


def replayed(look: Look) -> Iterator[Finding]:
    """Rebuild every case from its events and compare."""
    for cases in _chunks(_made_here().select_related("main_case").defer("search", "data", "description")):
        ids = [c.pk for c in cases]
        events = _grouped(Event.all_modes.filter(case_id__in=ids).order_by("case_id", "case_seq").values(*_EVENT), "case_id")
        tasks = _grouped(Task.all_modes.filter(case_id__in=ids).values("case_id", "uid", "state", "action", "outcome"), "case_id")
        reports = _grouped(Report.all_modes.filter(first_case_id__in=ids).values("first_case_id", "uid"), "first_case_id")
        for case in cases:
            look.count()
            told = rules.replay(map(_line, events[case.pk]), words_of(case.matter_version_id))
            main = str(case.main_case.uid) if case.main_case is not None else ""
            for difference in rules.differences(told, _facts(case, tasks[case.pk], reports[case.pk], main)):
                yield Finding(f"case {case.uid}", difference)


# --- what waits -------------------------------------------------------------------------------------------------------


def waiting(look: Look) -> Iterator[Finding]:
    """No open task without an open case, no open case on which nothing waits, and the engine waits for the same steps."""
    with snapshot():
        lost = Task.all_modes.filter(state="open", case__closed_at__isnull=False).exclude(kind="appeal").values_list("uid", "case__uid", "kind")
        for uid, case_uid, kind in lost.iterator(chunk_size=CHUNK):
            yield Finding(f"case {case_uid}", f"task {uid} ({kind}) is open, the case is closed")
        left = EngineState.objects.filter(case__closed_at__isnull=False).values_list("case__uid", flat=True)
        for case_uid in left.iterator(chunk_size=CHUNK):
            yield Finding(f"case {case_uid}", "is closed and its process still has a state")
    for cases in _chunks(_made_here().filter(closed_at__isnull=True).defer("search", "data", "description")):
        ids = [c.pk for c in cases]
        tasks = _grouped(Task.all_modes.filter(case_id__in=ids, state="open").values("case_id", "uid", "kind", "engine_id"), "case_id")
        timers = _grouped(Timer.objects.filter(case_id__in=ids, fired_at__isnull=True).values("case_id", "kind", "engine_id"), "case_id")
        states = dict(EngineState.objects.filter(case_id__in=ids).values_list("case_id", "state"))
        for case in cases:
            look.count()
            yield from _waits(case, tasks[case.pk], timers[case.pk], states.get(case.pk))


def _waits(case: Case, tasks: list[dict[str, Any]], timers: list[dict[str, Any]], state: Any) -> Iterator[Finding]:
    subject = f"case {case.uid}"
    if not tasks and not timers:
        yield Finding(subject, f"is open ({case.state}) and nothing waits: no task, no timer")
    if case.suspended_until is not None and not any(t["kind"] == "resume" for t in timers):
        yield Finding(subject, "rests and nothing will wake it")
    if state is None:
        yield Finding(subject, "is open and its process has no state")
        return
    try:
        steps = engine.waiting(matters.definition_of(case.matter_version_id), bytes(state))
    except ProblemError as error:
        yield Finding(subject, f"its process state cannot be read: {error}")
        return
    for kind, wanted, found in (
        ("tasks", {s.engine_id for s in steps if s.kind != "timer"}, {t["engine_id"] for t in tasks if t["kind"] == "process"}),
        ("timers", {s.engine_id for s in steps if s.kind == "timer"}, {t["engine_id"] for t in timers if t["kind"] == "engine"}),
    ):
        if wanted != found:
            yield Finding(subject, f"its process waits for {len(wanted)} {kind}, the tables hold {len(found)}: {sorted(wanted ^ found)}")


# --- clocks -----------------------------------------------------------------------------------------------------------


def clocks_agree(look: Look) -> Iterator[Finding]:
    """Compute every clock (时限) again from its history, and what tasks and cases say of it."""
    for cases in _chunks(_made_here().defer("search", "data", "description")):
        ids = [c.pk for c in cases]
        kept = _rows_by_case(Clock.objects.filter(case_id__in=ids).select_related("task").order_by("pk"))
        history = _grouped(
            ClockChange.objects.filter(clock__case_id__in=ids).order_by("clock_id", "pk").values("clock_id", "change", "at"), "clock_id"
        )
        for case in cases:
            for clock in kept.get(case.pk, []):
                look.count()
                yield from _clock(case, clock, [(c["change"], c["at"]) for c in history[clock.pk]])
            yield from _due(case, kept.get(case.pk, []))


def _rows_by_case(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _clock(case: Case, clock: Clock, history: list[tuple[str, Any]]) -> Iterator[Finding]:
    subject = f"case {case.uid} clock {clock.name} {clock.step}".rstrip()
    add, between = clocks.bound(clock, calendar_for(case.area_path))
    kept = clocks.state_of(clock)
    told = rules.replay_clock(clock.limit_minutes, history, add, between)
    if told is None:
        yield Finding(subject, "has no history that begins with its start")
        return
    if any(word == "recompute" for word, _at in history):  # what ran under the former calendar is not counted again
        told = clock_rules.recompute(kept, add)
    if told.state == "ended" and kept.state == "stopped" and case.reopen_count:
        kept = clock_rules.ClockState(kept.limit_minutes, kept.total_minutes, kept.consumed_minutes, kept.running_since, kept.due_at, "ended")
    for what in ("state", "running_since", "total_minutes", "due_at"):
        if getattr(told, what) != getattr(kept, what):
            yield Finding(subject, f"{what} is {getattr(kept, what)}, computed again {getattr(told, what)}")
    if abs(told.consumed_minutes - kept.consumed_minutes) > 0.001:
        yield Finding(subject, f"has used {kept.consumed_minutes} minutes, computed again {told.consumed_minutes}")
    if kept.consumed_minutes < 0:
        yield Finding(subject, f"has used {kept.consumed_minutes} minutes")
    if kept.state == "running" and case.closed_at is not None:
        yield Finding(subject, "runs on a closed case")
    task = clock.task
    if task is not None and task.state == "open" and kept.state == "running" and task.due_at != kept.due_at:
        yield Finding(subject, f"is due {kept.due_at}, its task says {task.due_at}")


def _due(case: Case, kept: list[Clock]) -> Iterator[Finding]:
    running = [(c.name, c.due_at) for c in kept if c.state == "running"]
    disposal = [due for name, due in running if name in ("case", "department", "milestone")]
    due = min(disposal or [d for _name, d in running], default=None) if case.closed_at is None else None
    if case.due_at != due:
        yield Finding(f"case {case.uid}", f"is due {case.due_at}, its clocks say {due}")


def timers(look: Look) -> Iterator[Finding]:
    """Every running clock will be noticed when it runs out, and no timer has been given up."""
    with snapshot():
        for case_uid, kind, error in Timer.objects.filter(fired_at__isnull=True, tries__gte=MOST_TRIES).values_list("case__uid", "kind", "last_error"):
            yield Finding(f"case {case_uid}", f"timer {kind} was tried {MOST_TRIES} times and given up: {error}")
        if look.settled and (late := Timer.objects.filter(fired_at__isnull=True, due_at__lte=now(), tries__lt=MOST_TRIES).count()):
            yield Finding("timers", f"{late} are due and have not been fired")
    running = Clock.objects.filter(state="running", case__is_sample=False, case__closed_at__isnull=True).exclude(case__mode="imported")
    for kept in _chunks(running.select_related("case")):
        look.count(len(kept))
        found = _grouped(Timer.objects.filter(clock_id__in=[c.pk for c in kept], kind="overdue").values("clock_id", "due_at", "fired_at"), "clock_id")
        for clock in kept:
            if clock.total_minutes <= clock.consumed_minutes:
                continue
            if not any(t["fired_at"] is not None or t["due_at"] == clock.due_at for t in found[clock.pk]):
                yield Finding(f"case {clock.case.uid} clock {clock.name}", f"is due {clock.due_at} and no timer is set for it")


# --- what was promised ------------------------------------------------------------------------------------------------

_ANSWERS = {
    "event": "SELECT r.client, r.key, r.answer->>'event' FROM yw_base_idempotentrequest r WHERE r.answer->>'event' IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM yw_audit_event e WHERE e.uid = (r.answer->>'event')::uuid)",
    "case": "SELECT r.client, r.key, r.answer->>'case' FROM yw_base_idempotentrequest r WHERE r.answer->>'case' IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM yw_cases_case c WHERE c.uid = (r.answer->>'case')::uuid)",
    "report": "SELECT r.client, r.key, r.answer->>'report' FROM yw_base_idempotentrequest r WHERE r.answer->>'report' IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM yw_cases_report p WHERE p.uid = (r.answer->>'report')::uuid)",
    "answer": "SELECT client, key, '' FROM yw_base_idempotentrequest WHERE answer = '{}'::jsonb",
}


def answers(look: Look) -> Iterator[Finding]:
    """What a request with a key was answered is there: case, report, event."""
    with snapshot(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM yw_base_idempotentrequest")
        look.count(int(cursor.fetchone()[0]))
        for what, statement in _ANSWERS.items():
            cursor.execute(statement)
            for client, key, uid in cursor.fetchall():
                yield Finding(f"request {client} {key}", f"was answered and its {what} {uid} does not exist".replace("  ", " "))


def numbers(look: Look) -> Iterator[Finding]:
    """Numbers are gapless in a series, because a filing that was rolled back gave its number back."""
    with snapshot():
        drawn: dict[tuple[str, str], int] = defaultdict(int)
        known = set(Matter.objects.values_list("code", flat=True))
        for series, last in NumberSeries.objects.values_list("series", "last"):
            code, _colon, rest = series.partition(":")
            if code not in known:
                continue  # another room's papers have numbers of their own (supervision orders)
            drawn[code, rest.split(":", 1)[0]] += int(last)
        rows = Case.all_modes.filter(number__isnull=False).values("matter_id", "region", "mode").annotate(n=Count("pk"), s=Sum("event_count"))
        on_cases: dict[tuple[str, str], int] = defaultdict(int)
        for row in rows:
            prefix = {"live": "", "trial": "T", "imported": "I"}[row["mode"]]
            on_cases[matters.code_of(row["matter_id"]), prefix + row["region"]] += row["n"]
        for key, last in drawn.items():
            look.count()
            if on_cases.get(key, 0) != last:
                yield Finding(f"series {key[0]} {key[1]}", f"has drawn {last} numbers, {on_cases.get(key, 0)} cases carry one")


def event_files(look: Look) -> Iterator[Finding]:
    """The files that an event names belong to the case (tables of two rooms, so in SQL)."""
    with snapshot(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.case_uid, e.case_seq, f.uid, a.subject_uid FROM yw_audit_event e "
            "CROSS JOIN LATERAL jsonb_array_elements_text(e.data->'files') AS f(uid) "
            "LEFT JOIN yw_files_attachment a ON a.uid = f.uid::uuid "
            "WHERE jsonb_typeof(e.data->'files') = 'array' AND e.case_uid IS NOT NULL"
        )
        for case_uid, seq, uid, subject in cursor.fetchall():
            look.count()
            if subject != case_uid:
                yield Finding(f"case {case_uid}", f"event {seq} names file {uid}, which " + ("is gone" if subject is None else f"belongs to {subject}"))
