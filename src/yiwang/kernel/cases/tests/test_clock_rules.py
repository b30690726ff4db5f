"""Clocks: whatever happens in whatever order, consumed + remaining is the total, and suspending loses no minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.cases.rules import clocks
from yiwang.kernel.cases.rules.clocks import ClockEffect

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def add(start: datetime, minutes: float) -> datetime:
    return start + timedelta(minutes=minutes)


def between(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def test_suspending_moves_the_due_time_by_what_it_lasted():
    clock = clocks.start(60, NINE, add)
    paused = clocks.apply(clock, ClockEffect.PAUSE, at(15), add, between)
    assert (paused.state, paused.consumed_minutes, paused.due_at) == ("paused", 15, at(60))
    resumed = clocks.apply(paused, ClockEffect.RESUME, at(1000), add, between)
    assert resumed.due_at == at(1045)
    assert resumed.remaining_at(at(1000), between) == 45


def test_rework_lets_the_rest_run_on():
    clock = clocks.apply(clocks.start(60, NINE, add), ClockEffect.STOP, at(50), add, between)
    again = clocks.apply(clock, ClockEffect.RESUME, at(200), add, between)
    assert again.due_at == at(210)


def test_rework_after_the_limit_stays_overdue():
    clock = clocks.apply(clocks.start(60, NINE, add), ClockEffect.STOP, at(90), add, between)
    again = clocks.apply(clock, ClockEffect.RESUME, at(200), add, between)
    assert again.due_at == at(60)
    assert again.remaining_at(at(200), between) == -30


def test_extending_adds_one_original_limit_each_time():
    clock = clocks.start(60, NINE, add)
    once = clocks.apply(clock, ClockEffect.EXTEND, at(10), add, between)
    twice = clocks.apply(once, ClockEffect.EXTEND, at(70), add, between)
    assert (once.due_at, twice.due_at, twice.total_minutes) == (at(120), at(180), 180)


def test_extending_while_paused_shows_when_it_runs_on():
    clock = clocks.apply(clocks.start(60, NINE, add), ClockEffect.PAUSE, at(30), add, between)
    more = clocks.apply(clock, ClockEffect.EXTEND, at(40), add, between)
    assert clocks.apply(more, ClockEffect.RESUME, at(100), add, between).due_at == at(190)


def test_restart_begins_anew_and_an_ended_clock_never_moves():
    clock = clocks.apply(clocks.start(60, NINE, add), ClockEffect.RESTART, at(50), add, between)
    assert clock.due_at == at(110)
    ended = clocks.apply(clock, ClockEffect.END, at(60), add, between)
    for effect in ClockEffect:
        assert clocks.apply(ended, effect, at(70), add, between) == ended


steps = st.lists(
    st.tuples(st.sampled_from([ClockEffect.PAUSE, ClockEffect.RESUME, ClockEffect.STOP, ClockEffect.EXTEND]), st.integers(0, 500)),
    max_size=25,
)


@given(limit=st.integers(1, 5000), steps=steps)
def test_no_minute_is_lost_in_any_order_of_events(limit: int, steps: list[tuple[ClockEffect, int]]):
    clock, moment, ran, extensions = clocks.start(limit, NINE, add), 0, 0.0, 0
    for effect, gap in steps:
        if clock.running_since is not None:
            ran += gap
        moment += gap
        clock = clocks.apply(clock, effect, at(moment), add, between)
        extensions += effect is ClockEffect.EXTEND
    assert clock.consumed_at(at(moment), between) == pytest.approx(ran)
    assert clock.remaining_at(at(moment), between) == pytest.approx(limit * (1 + extensions) - ran)
    if clock.running_since is not None and clock.consumed_minutes < clock.total_minutes:
        assert clock.due_at == at(moment) + timedelta(minutes=clock.remaining_at(at(moment), between))


@given(limit=st.integers(1, 5000), gap=st.integers(0, 4000), away=st.integers(0, 100_000))
def test_pause_and_resume_conserves_what_is_left(limit: int, gap: int, away: int):
    clock = clocks.start(limit, NINE, add)
    left = clock.remaining_at(at(gap), between)
    paused = clocks.apply(clock, ClockEffect.PAUSE, at(gap), add, between)
    resumed = clocks.apply(paused, ClockEffect.RESUME, at(gap + away), add, between)
    assert resumed.remaining_at(at(gap + away), between) == pytest.approx(left)
