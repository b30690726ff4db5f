"""The state of the platform for its administrator: the facts of /readyz in words, and how the figures went lately.

No business is shown here: counts, ages and sizes, never a case.
"""

import math
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from yiwang.kernel.base import observing, readings
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.observing import Finding, Look
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.words import duration, file_size

SHOWN = timedelta(hours=6)
POINTS = 72  # of a line: one each five minutes
STATES = {"ok": (gettext_lazy("In order"), "in_time"), "wrong": (gettext_lazy("Look at it"), "overdue"), "unknown": (gettext_lazy("Not known"), "soon")}
PROCESS_NAMES = {"relay": gettext_lazy("relay"), "sealer": gettext_lazy("sealer"), "live": gettext_lazy("live stream"), "worker": gettext_lazy("worker")}
# Cards: heading, gauge, its key among the readings
CARDS = (
    (gettext_lazy("Open tasks"), "yiwang_tasks_open", "tasks_open"),
    (gettext_lazy("Overdue tasks"), "yiwang_tasks_overdue", "tasks_overdue"),
    (gettext_lazy("Jobs waiting"), "yiwang_queue_jobs", "queue_jobs:todo"),
    (gettext_lazy("Looking on live"), "yiwang_stream_viewers", "stream_viewers"),
)
# Lines: key among the readings, label, divided by
LINES = (
    ("relay_age_seconds", gettext_lazy("Events waiting to be handed on")), ("seal_age_seconds:event", gettext_lazy("Lines waiting to be sealed")),
    ("clock_lag_seconds", gettext_lazy("Timers waiting to be fired")), ("queue_age_seconds", gettext_lazy("Oldest job waiting")),
)  # fmt: skip


@require_GET
@door("ui.status.view")
def status(request: HttpRequest) -> HttpResponse:
    """GET /admin/status/: what holds and what does not; HTMX asks for the part `now` every quarter of a minute."""
    found = observing.look()
    history = readings.since(now() - SHOWN)
    context: dict[str, object] = {
        "look": found, "at": now(), "rows": [_row(f) for f in found.findings], "cards": _cards(found, history), "chart": _chart(history),
        "processes": _processes(found), "connections": found.of("yiwang_database_connections"), "disks": _disks(found),
        "version": getattr(settings, "VERSION", ""),
    }  # fmt: skip
    return render(request, "ui/status.html", context, part="now")


def _row(finding: Finding) -> dict[str, Any]:
    label, tone = STATES[finding.state]
    return {
        "name": finding.check.name, "what": finding.check.label, "state": label, "tone": tone, "value": _value(finding),
        "limit": _limit(finding), "runbook": finding.check.runbook, "state_code": finding.state,
    }  # fmt: skip


def _value(finding: Finding) -> str:
    """Return what was found, in words."""
    value, unit = finding.value, finding.check.unit
    if value is None:
        return _("could not be asked")
    if unit == "yes":
        return _("answers") if value else _("does not answer")
    if unit == "bytes":
        return _("%(size)s free") % {"size": _size(value)}
    if unit == "count":
        return f"{value:g}"
    which = str(PROCESS_NAMES.get(finding.which, ""))
    if math.isinf(value):
        return _("%(which)s: never") % {"which": which} if which else _("never")
    words = _("%(n)s s") % {"n": round(value)} if value < 60 else duration(value)
    return f"{which}: {words}" if which and finding.state != "ok" else words


def _size(value: float) -> str:
    return f"{value / 1024**3:.1f} GB" if value >= 1024**3 else file_size(int(value))


def _limit(finding: Finding) -> str:
    check = finding.check
    if check.unit == "yes":
        return ""
    figure = check.most if check.most is not None else check.least
    if figure is None:
        return ""
    words = {"seconds": lambda f: duration(f) if f >= 60 else _("%(n)s s") % {"n": round(f)}, "bytes": lambda f: _size(f)}
    shown = words.get(check.unit, lambda f: f"{f:g}")(figure)
    return _("at most %(limit)s") % {"limit": shown} if check.most is not None else _("at least %(limit)s") % {"limit": shown}


def _cards(found: Look, history: list[Any]) -> list[dict[str, Any]]:
    made = []
    for label, gauge, key in CARDS:
        state = {"status": "todo"} if gauge == "yiwang_queue_jobs" else {}
        value = found.value(gauge, **state)
        series = [values[key] for _at, values in history if key in values]
        made.append({"label": label, "value": "–" if value is None else f"{value:,.0f}", "series": _thin(series)})
    return made


def _thin(series: list[float]) -> list[float]:
    """Return at most `POINTS` numbers, each the highest of its stretch, so that no peak is lost."""
    if len(series) <= POINTS:
        return series
    step = len(series) / POINTS
    return [max(series[int(i * step) : max(int(i * step) + 1, int((i + 1) * step))]) for i in range(POINTS)]


def _chart(history: list[Any]) -> dict[str, Any] | None:
    """Return the chart of what waits, in seconds; None before there are two readings."""
    if len(history) < 2:
        return None
    step = max(1, len(history) // POINTS)
    stretches = [history[i : i + step] for i in range(0, len(history), step)]
    series = []
    for key, label in LINES:
        mine = [[v for k, v in values.items() if k == key or k.startswith(f"{key}:")] for _at, values in history]
        tops = [max(numbers, default=0.0) for numbers in mine]
        series.append({"name": str(label), "values": [round(max(tops[i : i + step]), 1) for i in range(0, len(history), step)]})
    return {
        "type": "line", "title": _("What has waited, last six hours"), "unit": _("seconds"),
        "x": [timezone.localtime(part[0][0]).strftime("%H:%M") for part in stretches], "series": series,
    }  # fmt: skip


def _processes(found: Look) -> list[dict[str, Any]]:
    late = next(f.check.most or 0 for f in found.findings if f.check.name == "processes") if found.findings else 0
    return [
        {
            "name": PROCESS_NAMES.get(s.labels["process"], s.labels["process"]), "is_late": s.value > late,
            "age": _("never") if math.isinf(s.value) else _("%(n)s s ago") % {"n": round(s.value)} if s.value < 60 else _("%(duration)s ago") % {"duration": duration(s.value)},
        }
        for s in found.of("yiwang_heartbeat_age_seconds")
    ]  # fmt: skip


def _disks(found: Look) -> list[dict[str, Any]]:
    names = {"data": _("data"), "files": _("files")}
    return [{"name": names.get(s.labels["place"], s.labels["place"]), "free": _size(s.value)} for s in found.of("yiwang_disk_free_bytes")]
