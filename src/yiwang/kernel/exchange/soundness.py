"""Has everybody been told of everything? (`yiwang check-data`)"""

from collections.abc import Iterator
from datetime import timedelta

from yiwang.kernel.audit import queries as record
from yiwang.kernel.audit.services import advance_tide
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.datachecks import Finding, Look, register_data_check
from yiwang.kernel.exchange.models import RelayCursor
from yiwang.kernel.exchange.relay import consumers, modes_of

LATE = timedelta(minutes=2)


def register() -> None:
    register_data_check("exchange.outbox", "has every reader of the record come to its end?", outbox)


def outbox(look: Look) -> Iterator[Finding]:
    """Every consumer has been handed every live event; while people work, those of the last two minutes may wait."""
    advance_tide()
    last = record.last_position()
    if look.settled and record.safe_position() < last:
        yield Finding("outbox", f"position {last} was drawn and only {record.safe_position()} can be read: a transaction is open")
    cursors = {c.name: c for c in RelayCursor.objects.all()}
    for name in consumers():
        look.count()
        cursor = cursors.get(name)
        waiting = record.events_after(cursor.position if cursor else 0, limit=1, modes=modes_of(name))
        if waiting and (look.settled or waiting[0].recorded_at < now() - LATE):
            yield Finding(f"reader {name}", f"has not been handed position {waiting[0].position} of {waiting[0].recorded_at}")
        if cursor is not None and cursor.last_error:
            yield Finding(f"reader {name}", f"stands still: {cursor.last_error}")
