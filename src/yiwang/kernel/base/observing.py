"""What is true of the platform right now, asked of the rooms: the same figures for /metrics, /readyz and the status page.

A room or app takes part by a module `health` with ``GAUGES``, ``CHECKS`` and ``read()``; nothing outside its folder is
edited. One look is a constant number of small queries, and is kept for `KEPT_S` seconds for whoever asks next.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.utils.module_loading import module_has_submodule

log = logging.getLogger("yiwang.observing")
KEPT_S = 5.0
LOOK_MS = 5000  # a look must never become the load that it looks for


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """A figure that can be asked for at any moment. Times in seconds, sizes in bytes; the name says which."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """What must hold of a gauge; the worst of its values counts.

    `vital`: without it requests cannot be served, so that a load balancer should send them elsewhere. `runbook` is the
    page docs/runbook/<runbook>.md.
    """

    name: str
    gauge: str
    label: Any
    unit: str  # seconds, count, bytes, yes
    runbook: str
    most: float | None = None
    least: float | None = None
    vital: bool = False

    def holds(self, value: float) -> bool:
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)


@dataclass(frozen=True)
class Sample:
    gauge: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """A check and what was found: state `ok`, `wrong`, or `unknown` when it could not be asked."""

    check: Check
    state: str
    value: float | None = None
    which: str = ""


@dataclass(frozen=True)
class Look:
    """One look at everything."""

    samples: tuple[Sample, ...]
    findings: tuple[Finding, ...]
    took_ms: float

    @property
    def ready(self) -> bool:
        return all(f.state == "ok" for f in self.findings if f.check.vital)

    @property
    def whole(self) -> bool:
        return all(f.state == "ok" for f in self.findings)

    def of(self, gauge: str) -> list[Sample]:
        return [s for s in self.samples if s.gauge == gauge]

    def value(self, gauge: str, **labels: str) -> float | None:
        return next((s.value for s in self.of(gauge) if labels.items() <= s.labels.items()), None)


@cache
def rooms() -> tuple[Any, ...]:
    """Return the `health` modules of rooms and apps, the base's first."""
    found = []
    for app in apps.get_app_configs():
        if app.module is not None and app.name.startswith("yiwang.") and module_has_submodule(app.module, "health"):
            found.append(import_module(f"{app.name}.health"))
    return tuple(found)


def gauges() -> dict[str, Gauge]:
    return {g.name: g for room in rooms() for g in room.GAUGES}


def checks() -> tuple[Check, ...]:
    return tuple(c for room in rooms() for c in room.CHECKS)


_last_backup: list[Callable[[], datetime | None]] = []


def register_last_backup(find: Callable[[], datetime | None]) -> None:
    """Let `find()` say when the last backup that was verified ended; None for never."""
    _last_backup[:] = [find]


def last_backup() -> datetime | None:
    return _last_backup[0]() if _last_backup else None


def age(moment: datetime | None, at: datetime) -> float:
    """Return seconds since, never negative; without a moment, for ever."""
    return math.inf if moment is None else max(0.0, (at - moment).total_seconds())


_lock = threading.Lock()
_kept: list[tuple[float, Look]] = []


def look(*, fresh: bool = False) -> Look:
    """Ask every room, or return what was found less than `KEPT_S` seconds ago."""
    with _lock:  # ten probes at once are one look
        if not fresh and _kept and time.monotonic() - _kept[0][0] < KEPT_S:
            return _kept[0][1]
        found = _look()
        _kept[:] = [(time.monotonic(), found)]
        return found


def _look() -> Look:
    began = time.perf_counter()
    samples: list[Sample] = []
    unknown: set[str] = set()
    answers = _database_answers()
    samples.append(Sample("yiwang_database_up", float(answers)))
    for room in rooms():
        try:
            samples += _read(room.read, answers)
        except Exception:  # one room's fault must not blind the others; its checks say "unknown"
            log.exception("a room could not be asked", extra={"facts": {"room": room.__name__}})
            unknown.add(room.__name__)
    findings = tuple(_judge(c, samples, room.__name__ in unknown) for room in rooms() for c in room.CHECKS)
    took = (time.perf_counter() - began) * 1000
    samples.append(Sample("yiwang_look_seconds", took / 1000))
    return Look(tuple(samples), findings, took)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except Exception as error:
        log.warning("the database does not answer", extra={"facts": {"error": type(error).__name__}})
        connection.close()
        return False


def _read(read: Callable[[bool], Iterable[Sample]], answers: bool) -> list[Sample]:
    if not answers:
        return list(read(False))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {LOOK_MS}")
        return list(read(True))


def _judge(check: Check, samples: list[Sample], unknown: bool) -> Finding:
    mine = [s for s in samples if s.gauge == check.gauge]
    if unknown or not mine:
        return Finding(check, "unknown")
    worst = (max if check.most is not None else min)(mine, key=lambda s: s.value)
    state = "ok" if check.holds(worst.value) else "wrong"
    return Finding(check, state, worst.value, ", ".join(worst.labels.values()))
