"""What a case must look like, told from its events alone (重放): pure, so that the row can be compared with it.

The event is written in the transaction of the change; if the row says something else, one of the two was lost, doubled
or changed by hand. Facts that the record does not carry (answers, addresses) are not rebuilt.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from yiwang.kernel.cases.rules import clocks
from yiwang.kernel.cases.rules.clocks import ClockEffect, ClockState

FINISHING = ("complete", "rework", "merge")  # actions that end the task they are done on
COUNTED = {"urge": "urge_count", "supervise": "supervise_count", "reopen": "reopen_count"}
GRANTED = {"return": "return_count", "extension": "extension_count"}
COUNTERS = (*COUNTED.values(), *GRANTED.values(), "rework_count")
SLACK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """What the replay reads of an event."""

    seq: int
    action: str
    step: str
    from_state: str
    to_state: str
    outcome: str
    task_uid: str
    occurred_at: datetime
    recorded_at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """What the matter says: states that are ends, and (step, outcome) that count as rework (返工)."""

    ends: frozenset[str]
    reworks: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Replayed:
    """The case as its events tell it; `faults` are contradictions between the events themselves."""

    state: str = ""
    closed: bool = False
    number: str | None = None
    filed: tuple[datetime, datetime] | None = None  # filed_at lies between these
    counts: Counter[str] = field(default_factory=Counter)
    suspended: str = ""  # the moment until which it rests, as told
    was_suspended: bool = False
    appeal_accepted: bool = False
    main: str = ""
    open_tasks: set[str] = field(default_factory=set)
    ended_tasks: dict[str, tuple[str, str]] = field(default_factory=dict)  # uid -> action, outcome
    reports: set[str] = field(default_factory=set)
    tells_tasks: bool = False  # a case that was loaded by an importer names no tasks
    last: int = 0
    faults: list[str] = field(default_factory=list)


def replay(lines: Iterable[Line], words: Words) -> Replayed:
    """Return what the events, in the order of their numbers, say of the case."""
    found = Replayed()
    for line in lines:
        if line.seq != found.last + 1:
            found.faults.append(f"event {found.last + 1} is missing before {line.seq}")
        found.last = line.seq
        if found.state and line.from_state and line.from_state != found.state:
            found.faults.append(f"event {line.seq} ({line.action}) begins in {line.from_state}, the one before ended in {found.state}")
        _state(found, line, words)
        _counts(found, line, words)
        _tasks(found, line)
    return found


def _state(found: Replayed, line: Line, words: Words) -> None:
    data = line.data
    if line.action != "join":
        found.state = line.to_state
    found.closed = found.state in words.ends
    if number := data.get("number"):
        if found.number is not None:
            found.faults.append(f"event {line.seq} files it a second time as {number}")
        found.number = str(number)
        found.filed = (min(line.occurred_at, line.recorded_at), max(line.occurred_at, line.recorded_at))
    if data.get("granted") == "suspension":
        found.suspended, found.was_suspended = str(data.get("until", "")), True
    if line.action == "resume" or found.closed:
        found.suspended = ""
    if data.get("granted") == "appeal" and "overdue" in data.get("lifted", ("overdue",)):
        found.appeal_accepted = True
    if line.action == "merge":
        found.main = str(data.get("main", ""))
    if line.action in ("report", "join") and data.get("report"):
        found.reports.add(str(data["report"]))


def _counts(found: Replayed, line: Line, words: Words) -> None:
    if line.action in COUNTED and not line.data.get("auto"):
        found.counts[COUNTED[line.action]] += 1
    if name := GRANTED.get(str(line.data.get("granted", ""))):
        found.counts[name] += 1
    if line.action in ("complete", "rework") and (line.step, line.outcome) in words.reworks:
        found.counts["rework_count"] += 1


def _tasks(found: Replayed, line: Line) -> None:
    if line.action == "report" and "opened" in line.data:
        found.tells_tasks = True
    if line.task_uid and line.action in FINISHING:
        if line.task_uid in found.ended_tasks:
            found.faults.append(f"event {line.seq} ends a task that had ended before")
        elif found.tells_tasks and line.task_uid not in found.open_tasks:
            found.faults.append(f"event {line.seq} ends a task that no event opened")
        found.ended_tasks[line.task_uid] = (line.action, line.outcome)
        found.open_tasks.discard(line.task_uid)
    found.open_tasks -= set(line.data.get("left", ()))
    for uid in line.data.get("opened", ()):
        if uid in found.open_tasks or uid in found.ended_tasks:
            found.faults.append(f"event {line.seq} opens a task a second time")
        found.open_tasks.add(uid)


@dataclass(frozen=True)
class CaseFacts:
    """The same facts as the tables hold them."""

    state: str
    outcome: str
    closed_at: datetime | None
    number: str | None
    filed_at: datetime | None
    counts: Mapping[str, int]
    suspended_until: datetime | None
    was_suspended: bool
    appeal_accepted: bool
    main: str
    event_count: int
    open_tasks: frozenset[str]
    done_tasks: Mapping[str, tuple[str, str]]
    reports: frozenset[str]  # those that came for this case, wherever they hang after a merge


def differences(told: Replayed, case: CaseFacts) -> list[str]:
    """Return what the row says otherwise than the events; empty when they agree."""
    found = list(told.faults)

    def same(what: str, row: object, events: object) -> None:
        if row != events:
            found.append(f"{what} is {row}, the events say {events}")

    same("the number of events", case.event_count, told.last)
    same("the state", case.state, told.state)
    same("closed", case.closed_at is not None, told.closed)
    same("the outcome", case.outcome, told.state if told.closed else "")
    same("the case number", case.number, told.number)
    if (case.filed_at is None) != (told.filed is None) or (case.filed_at is not None and told.filed and not told.filed[0] - SLACK <= case.filed_at <= told.filed[1] + SLACK):
        same("filed_at", case.filed_at, told.filed)
    for name in COUNTERS:
        same(name, case.counts.get(name, 0), told.counts[name])
    same("suspended", case.suspended_until is not None, bool(told.suspended))
    same("was_suspended", case.was_suspended, told.was_suspended)
    same("appeal_accepted", case.appeal_accepted, told.appeal_accepted)
    same("the main case", case.main, told.main)
    same("its reports", sorted(case.reports), sorted(told.reports))
    if told.tells_tasks:
        same("its open tasks", sorted(case.open_tasks), sorted(told.open_tasks))
        for uid, done in told.ended_tasks.items():
            if uid not in case.done_tasks:
                found.append(f"task {uid} was {done[0]}d by an event and is not done")
            elif case.done_tasks[uid] != done:
                found.append(f"task {uid} is {case.done_tasks[uid]}, its event says {done}")
    return found


def replay_clock(limit_minutes: float, changes: Sequence[tuple[str, datetime]], add: clocks.Add, between: clocks.Between) -> ClockState | None:
    """Return the clock (时限) that its history gives: (word, moment) in order, the first one `start`; None without one."""
    if not changes or changes[0][0] != "start":
        return None
    clock = clocks.start(limit_minutes, changes[0][1], add)
    for word, at in changes[1:]:
        if word == "recompute":
            clock = clocks.recompute(clock, add)
            continue
        if word == "resume" and clock.state == "ended":  # a case that was opened again: the rest of its limit runs on
            clock = ClockState(clock.limit_minutes, clock.total_minutes, clock.consumed_minutes, None, clock.due_at, "stopped")
        clock = clocks.apply(clock, ClockEffect(word), at, add, between)
    return clock
