"""How much work waits, and whether the clocks are served."""

from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.clock import now
from yiwang.kernel.base.observing import Check, Gauge, Sample
from yiwang.kernel.cases.services.timers import MOST_TRIES

GAUGES = (
    Gauge(name="yiwang_tasks_open", help="Tasks that wait for somebody."),
    Gauge(name="yiwang_tasks_overdue", help="Those of them whose limit is over."),
    Gauge(name="yiwang_clock_lag_seconds", help="How late the oldest timer is that is due and was not fired."),
    Gauge(name="yiwang_timers_given_up", help="Timers that failed five times; a person has to look."),
)
CHECKS = (
    Check(name="clocks", gauge="yiwang_clock_lag_seconds", label=_("Clocks served"), unit="seconds", most=120, runbook="clocks-late"),
    Check(name="timers", gauge="yiwang_timers_given_up", label=_("Timers that failed for good"), unit="count", most=0, runbook="timers-given-up"),
)


def read(database: bool) -> Iterable[Sample]:
    """Two queries, each over what is open or not fired alone (partial indexes)."""
    if not database:
        return
    at = now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE due_at < %s) FROM yw_cases_task WHERE state = 'open' AND mode = 'live'", [at])
        waiting, overdue = cursor.fetchone()
        yield Sample("yiwang_tasks_open", float(waiting))
        yield Sample("yiwang_tasks_overdue", float(overdue))
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM %s - min(due_at) FILTER (WHERE tries < %s)), 0), count(*) FILTER (WHERE tries >= %s)"
            " FROM yw_cases_timer WHERE fired_at IS NULL AND due_at <= %s", [at, MOST_TRIES, MOST_TRIES, at],
        )  # fmt: skip
        late, given_up = cursor.fetchone()
        yield Sample("yiwang_clock_lag_seconds", max(0.0, float(late)))
        yield Sample("yiwang_timers_given_up", float(given_up))
