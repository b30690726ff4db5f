"""The one relay: committed events, read by position, handed to each consumer in order, exactly once per position.

A consumer runs in the transaction that moves its cursor: killed anywhere, either both happened or neither. A consumer
that fails stays where it is, says why on its cursor, and is tried again; the others go on.
"""

import logging
from collections.abc import Callable, Sequence

from django.db import InterfaceError, OperationalError, connection, transaction

from yiwang.kernel.audit import queries as record
from yiwang.kernel.audit.models import Event
from yiwang.kernel.audit.services import advance_tide
from yiwang.kernel.base import logs, metrics, pulse
from yiwang.kernel.exchange.models import RelayCursor

log = logging.getLogger("yiwang.relay")
CHANNEL = "yw_live"
BATCH = 200
MOST_BATCHES = 25  # a round; then timers and the sign of life have their turn, however much there is to catch up

Consumer = Callable[[Sequence[Event]], None]
_consumers: dict[str, Consumer] = {}
_modes: dict[str, tuple[str, ...]] = {}


def consumer(name: str, *, modes: tuple[str, ...] = record.LIVE) -> Callable[[Consumer], Consumer]:
    """Register a reader of events under a name that never changes (its cursor is kept by it); of live ones, or as named."""

    def register(function: Consumer) -> Consumer:
        _consumers[name] = function
        _modes[name] = modes
        return function

    return register


def run_once() -> int:
    """Hand on what was committed since the last round; return how many events were new to anybody.

    One NOTIFY at the end carries the last position, however many events there were: the live stream reads from the
    table, the notice only wakes it.
    """
    advance_tide()
    handed = 0
    for name, function in _consumers.items():
        handed = max(handed, _drain(name, function))
    if handed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(record.safe_position())])
    return handed


def _drain(name: str, function: Consumer) -> int:
    done = 0
    for _round in range(MOST_BATCHES):
        pulse.beat()
        try:
            taken = _step(name, function)
        except (InterfaceError, OperationalError):
            if not connection.is_usable():
                raise  # the database is away: the whole round is tried again
            log.warning("a reader waits for the database", exc_info=True, extra={"facts": {"reader": name}})
            return done
        except Exception as error:  # a consumer's fault must not stop the others, nor lose its place
            log.exception("a consumer failed", extra={"facts": {"consumer": name}})
            RelayCursor.objects.filter(name=name).update(last_error=logs.reason(error)[:500])
            return done
        done += taken
        if taken < BATCH:
            break
    return done


@transaction.atomic
def _step(name: str, function: Consumer) -> int:
    cursor, _created = RelayCursor.objects.select_for_update().get_or_create(
        name=name, defaults={"position": 0}
    )
    safe = record.safe_position()
    events = record.events_after(cursor.position, limit=BATCH, modes=modes_of(name), upto=safe)
    if events:
        function(events)
        metrics.EVENTS_HANDED_ON.labels(consumer=name).inc(len(events))
        asked_by = list(dict.fromkeys(e.request_id for e in events if e.request_id))
        log.info("handed on", extra={"facts": {"consumer": name, "events": len(events), "position": events[-1].position, "requests": asked_by[:20]}})
    # A short batch has seen everything up to the safe position, imported lines as well: they are not read again and again.
    reached = events[-1].position if len(events) == BATCH else max(safe, cursor.position)
    if reached != cursor.position or (events and cursor.last_error):
        cursor.position, cursor.last_error = reached, ""
        cursor.save()
    return len(events)


def skip_to_now(name: str) -> None:
    """Put a consumer behind everything there is (after loading a year of sample events nobody is to be told)."""
    RelayCursor.objects.update_or_create(name=name, defaults={"position": record.last_position()})


def modes_of(name: str) -> tuple[str, ...]:
    return _modes.get(name, record.LIVE)


def consumers() -> tuple[str, ...]:
    return tuple(_consumers)


def lag() -> dict[str, int]:
    """Return for each consumer how many positions it is behind."""
    last = record.last_position()
    known = dict(RelayCursor.objects.values_list("name", "position"))
    return {name: last - known.get(name, 0) for name in _consumers}
