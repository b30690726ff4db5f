"""Readers that follow positions skip nothing, however transactions overlap, and see each case in its order."""

import threading
import time
from typing import Any

import pytest
from django.db import connections, transaction

from yiwang.kernel.audit import queries, services
from yiwang.kernel.audit.models import Tide
from yiwang.kernel.base.actor import system

pytestmark = pytest.mark.committed


class Held:
    """A transaction in a thread of its own that stays open until told."""

    def __init__(self, *actions: str, begin_only: bool = False) -> None:
        self.go, self.open = threading.Event(), threading.Event()
        self.actions, self.begin_only = actions, begin_only
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        assert self.open.wait(20)

    def run(self) -> None:
        try:
            with transaction.atomic():
                if self.begin_only:  # takes an id without a line yet
                    with connections["default"].cursor() as cursor:
                        cursor.execute("SELECT pg_current_xact_id()")
                    self.open.set()
                    self.go.wait(30)
                for action in self.actions:
                    services.record(system(), action=action)
                self.open.set()
                self.go.wait(30)
        finally:
            connections.close_all()

    def commit(self) -> None:
        self.go.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


def read(position: int) -> tuple[list[str], int]:
    services.advance_tide()
    lines = queries.events_after(position)
    return [e.action for e in lines], (lines[-1].position if lines else position)


def read_until(position: int, expected: list[str]) -> int:
    """Poll as a relay does until everything expected has come, in that order; nothing else may come."""
    seen: list[str] = []
    deadline = time.monotonic() + 90
    while len(seen) < len(expected):
        found, position = read(position)
        seen += found
        assert seen == expected[: len(seen)]
        assert time.monotonic() < deadline, f"only {seen} came"
        time.sleep(0.1)
    return position


def write(action: str) -> None:
    with transaction.atomic():
        services.record(system(), action=action)


def test_a_line_that_commits_late_is_waited_for():
    early = Held("first")  # draws its number, does not commit
    write("second")
    assert [e.action for e in queries.events_after(0, upto=queries.last_position())] == ["second"]
    for _ in range(3):
        assert read(0) == ([], 0)
    early.commit()
    read_until(0, ["first", "second"])


def test_a_younger_transaction_with_a_lower_number_is_not_skipped():
    """Following the order of transaction ids would deliver B before A here, or skip A: numbers decide, and wait."""
    older = Held("B", begin_only=True)
    younger = Held("A")
    older.commit()  # draws its number after A's, commits before it
    assert [e.action for e in queries.events_after(0, upto=queries.last_position())] == ["B"]
    for _ in range(3):
        assert read(0) == ([], 0)
    younger.commit()
    read_until(0, ["A", "B"])


def test_a_stream_under_constant_load_moves_on():
    """There is always some transaction open; the tide still rises to what was drawn before it."""
    expected, position = [], 0
    held = Held("open 0")
    for i in range(1, 5):
        following = Held(f"open {i}")
        held.commit()
        expected.append(f"open {i - 1}")
        held = following
        read(position)
    held.commit()
    expected.append("open 4")
    read_until(0, expected)


def test_a_rolled_back_line_is_passed_over():
    with transaction.atomic():
        services.record(system(), action="never")
        transaction.set_rollback(True)
    write("after")
    read_until(0, ["after"])


def test_after_a_restore_into_a_new_cluster_the_tide_finds_its_way():
    """A dump carries a pending transaction id that this cluster will not reach for years."""
    Tide.objects.filter(pk="event").update(pending_position=10**6, pending_xid=10**15)
    write("new")
    read_until(0, ["new"])
    assert Tide.objects.get(pk="event").pending_xid < 10**15


def test_many_writers_and_a_reader(committed: Any):
    """Every line of eight threads arrives exactly once and in order of position."""
    stop = threading.Event()
    seen: list[int] = []

    def writer(name: int) -> Any:
        def run() -> None:
            for i in range(15):
                with transaction.atomic():
                    services.record(system(), action=f"w{name}.{i}")
                    if i % 3 == 0:
                        time.sleep(0.01)

        return run

    def reader() -> None:
        position = 0
        while not (stop.is_set() and len(seen) >= 120):
            services.advance_tide()
            lines = queries.events_after(position, limit=7)
            seen.extend(e.position for e in lines)
            position = seen[-1] if seen else 0
            if len(lines) < 7:
                time.sleep(0.01)

    def all_writers() -> None:
        committed.in_threads(*(writer(n) for n in range(8)))
        stop.set()

    results = committed.in_threads(all_writers, reader)
    assert results == [None, None]
    assert seen == sorted(set(seen))
    assert len(seen) == 120
