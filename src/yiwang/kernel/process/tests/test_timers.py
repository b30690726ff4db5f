"""Timers of a diagram: beside a step, in the way, in a row, without a time."""

from datetime import UTC, datetime, timedelta

import pytest

from yiwang.kernel.process.errors import (
    ExpressionFailed,
)
from yiwang.kernel.process.tests.runs import NOW, Run, load
from yiwang.kernel.process.tests.samples import END, START, bpmn, user


def timer(step: str, kind: str, text: str, *, host: str = "", interrupting: bool = True) -> str:
    definition = f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"
    if host:
        return f'<bpmn:boundaryEvent id="{step}" attachedToRef="{host}" cancelActivity="{str(interrupting).lower()}">{definition}</bpmn:boundaryEvent>'
    return f'<bpmn:intermediateCatchEvent id="{step}">{definition}</bpmn:intermediateCatchEvent>'


def bounded(*, interrupting: bool) -> bytes:
    return bpmn(
        START
        + user("a")
        + timer("late", "timeDuration", "PT4H", host="a", interrupting=interrupting)
        + user("press")
        + user("z")
        + END,
        ["start > a", "a > z", "late > press", "press > end", "z > end"],
    )


def test_an_interrupting_timer_takes_the_step_away():
    run = Run(load(bounded(interrupting=True)))
    due = run.step("late")
    assert run.at == ["a", "late"]
    assert (due.kind, due.due_at, due.lane) == ("timer", NOW + timedelta(hours=4), "")
    task = run.step("a").engine_id
    assert run.wake(NOW + timedelta(hours=3, minutes=59)).at == ["a", "late"]
    assert run.last.fired == ()
    run.wake(NOW + timedelta(hours=4))
    assert run.at == ["press"]
    assert (run.last.fired, run.last.closed) == ((due.engine_id,), (task,))
    assert run.do("press").last.ended


def test_the_timer_goes_when_the_step_is_done_in_time():
    run = Run(load(bounded(interrupting=True)))
    gone = run.step("late").engine_id
    run.do("a")
    assert run.at == ["z"]
    assert run.last.closed == (gone,)
    assert run.wake(NOW + timedelta(days=9)).at == ["z"]


def test_a_timer_that_does_not_interrupt_adds_a_step():
    run = Run(load(bounded(interrupting=False)))
    task = run.step("a").engine_id
    run.wake(NOW + timedelta(hours=5))
    assert run.at == ["a", "press"]
    assert run.step("a").engine_id == task
    assert run.do("a").at == ["press", "z"]
    run.do("z")
    assert not run.last.ended
    assert run.do("press").last.ended


def test_chained_timers_count_from_when_they_were_due():
    """The server was out from 08:30 to 12:00: each timer fires at its own time and in order."""
    xml = bpmn(
        START
        + timer("t1", "timeDuration", "PT1H")
        + timer("t2", "timeDuration", "PT2H")
        + timer("t3", "timeDuration", "PT2H")
        + user("z")
        + END,
        ["start > t1", "t1 > t2", "t2 > t3", "t3 > z", "z > end"],
    )
    run = Run(load(xml))
    first = run.step("t1").engine_id
    run.wake(NOW + timedelta(hours=4))
    assert run.at == ["t3"]
    assert run.step("t3").due_at == NOW + timedelta(hours=5)
    assert len(run.last.fired) == 2
    assert run.last.fired[0] == first
    assert run.wake(NOW + timedelta(hours=5)).at == ["z"]


@pytest.mark.parametrize(("kind", "text", "due"), [
    ("timeDuration", "P1D", NOW + timedelta(days=1)),
    ("timeDuration", '"PT2H"', NOW + timedelta(hours=2)),
    ("timeDuration", "wait", NOW + timedelta(minutes=30)),
    ("timeDuration", 'duration("PT1H") * 3', NOW + timedelta(hours=3)),
    ("timeDuration", "P1M", NOW.replace(month=8)),
    ("timeDate", "2026-07-02T09:00:00+08:00", datetime(2026, 7, 2, 1, 0, tzinfo=UTC)),
    ("timeDate", "until", datetime(2026, 7, 5, 0, 0, tzinfo=UTC)),
    ("timeDate", 'date and time(until) + duration("PT8H")', datetime(2026, 7, 5, 8, 0, tzinfo=UTC)),
])  # fmt: skip
def test_when_a_timer_is_due(kind, text, due):
    xml = bpmn(START + timer("t", kind, text) + END, ["start > t", "t > end"])
    run = Run(load(xml), wait="PT30M", until="2026-07-05")
    assert run.step("t").due_at == due
    assert run.wake(due).last.ended


def test_a_timer_without_a_time_is_refused():
    with pytest.raises(ExpressionFailed):
        Run(load(bpmn(START + timer("t", "timeDate", "unknown") + END, ["start > t", "t > end"])))
