"""How far behind the relay is."""

from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.observing import Check, Gauge, Sample
from yiwang.kernel.exchange import relay

GAUGES = (
    Gauge(name="yiwang_relay_age_seconds", help="How long the oldest event that was not handed on has waited.", labels=("consumer",)),
)
CHECKS = (Check(name="relay", gauge="yiwang_relay_age_seconds", label=_("Events handed on"), unit="seconds", most=60, runbook="relay-late"),)


def read(database: bool) -> Iterable[Sample]:
    """One query: for each consumer the first live event behind its cursor."""
    if not database:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, extract(epoch FROM clock_timestamp() - (SELECT e.recorded_at FROM yw_audit_event e"
            " WHERE e.position > coalesce(c.position, 0) AND e.mode = 'live' ORDER BY e.position LIMIT 1))"
            " FROM unnest(%s::text[]) name LEFT JOIN yw_exchange_relaycursor c USING (name)", [list(relay.consumers())],
        )  # fmt: skip
        for name, waited in cursor.fetchall():
            yield Sample("yiwang_relay_age_seconds", max(0.0, float(waited or 0)), {"consumer": name})
