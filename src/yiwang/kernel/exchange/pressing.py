"""Supervision (督办、预警) hears the record: the relay's consumer that hands events on to the room `supervision`."""

from collections.abc import Sequence

from yiwang.kernel.audit.models import Event
from yiwang.kernel.exchange.relay import consumer
from yiwang.kernel.supervision.services import hear


@consumer("supervision")
def press(events: Sequence[Event]) -> None:
    """Let rules speak, keep orders and cards in step with their cases."""
    hear(events)
