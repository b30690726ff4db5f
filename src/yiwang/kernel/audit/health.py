"""How far behind the sealer is."""

from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.observing import Check, Gauge, Sample

GAUGES = (Gauge(name="yiwang_seal_age_seconds", help="How long the oldest line that is not sealed has waited.", labels=("stream",)),)
CHECKS = (Check(name="sealer", gauge="yiwang_seal_age_seconds", label=_("Record sealed"), unit="seconds", most=120, runbook="sealer-late"),)
_OLDEST = (
    "SELECT extract(epoch FROM clock_timestamp() - (SELECT l.recorded_at FROM {table} l WHERE l.position > coalesce("
    "(SELECT s.upto_position FROM yw_audit_seal s WHERE s.stream = '{stream}' ORDER BY s.number DESC LIMIT 1), 0)"
    " ORDER BY l.position LIMIT 1))"
)


def read(database: bool) -> Iterable[Sample]:
    """One query: for both logs the first line behind the last seal."""
    if not database:
        return
    with connection.cursor() as cursor:
        event, access = _OLDEST.format(table="yw_audit_event", stream="event"), _OLDEST.format(table="yw_audit_accesslog", stream="access")
        cursor.execute(f"SELECT ({event}), ({access})")
        for stream, waited in zip(("event", "access"), cursor.fetchone(), strict=True):
            yield Sample("yiwang_seal_age_seconds", max(0.0, float(waited or 0)), {"stream": stream})
