"""Facts follow events (评价事实): the relay's reader that makes those of every case anew of which something was recorded."""

from collections.abc import Sequence

from yiwang.kernel.audit.models import Event
from yiwang.kernel.audit.queries import ALL_MODES
from yiwang.kernel.exchange.relay import consumer
from yiwang.kernel.indicators.services import refresh


@consumer("facts", modes=ALL_MODES)
def keep_facts(events: Sequence[Event]) -> None:
    """Make the facts of the cases anew, in the transaction that moves the reader on: never half, never twice."""
    refresh({e.case_id for e in events if e.case_id is not None})
