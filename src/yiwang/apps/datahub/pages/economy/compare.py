"""Several series or areas side by side."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.apps.datahub.pages.common import actor_of, file_answer
from yiwang.apps.datahub.pages.economy.one import date_of
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.rules.economy.measures import IN_UNIT, VALUE, YOY, measure, rounded
from yiwang.apps.datahub.rules.economy.periods import Period
from yiwang.apps.datahub.services.economy import taking, words
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door

MOST = 6
ROWS = 120


def _chosen(request: HttpRequest) -> list[Any]:
    """Return the series asked for that the reader sees, in the order asked; who names one that he does not see gets the others."""
    uids: list[UUID] = []
    for text in request.GET.getlist("s")[:30]:
        try:
            uids.append(UUID(text))
        except ValueError:
            continue
    found = {s.uid: s for s in reads.series(actor_of(request)).filter(uid__in=uids[:MOST])}
    return [found[u] for u in dict.fromkeys(uids) if u in found]


@never_cache
@require_GET
@door(reads.VIEW)
def compare(request: HttpRequest, ext: str = "") -> HttpResponse:
    """GET /data/economy/compare/?s=<uid>&s=<uid>&show=&as_of= and .xlsx: at most six series of one kind of period."""
    actor, found = actor_of(request), _chosen(request)
    as_of = date_of(request.GET.get("as_of", ""))
    given, _told = reads.given(found, as_of)
    shown_by_all = [m for m in (given[found[0].pk].has if found else ()) if all(m in given[s.pk].has for s in found)]
    units = {s.unit for s in found}
    wanted = request.GET.get("show", "")
    show = wanted if wanted in shown_by_all else VALUE if len(units) <= 1 else YOY
    if ext and found:
        return file_answer(taking.compared_file(actor, found, show, as_of))
    mixed = len({s.period_kind for s in found}) > 1
    context: dict[str, Any] = {
        "found": [{"series": s, "uid": str(s.uid), "name": words.series(s), "area": pick(s.area.name), "unit": words.unit(s.unit)} for s in found],
        "mixed": mixed, "show": show, "measures": [(m, words.measure(m)) for m in shown_by_all], "as_of": as_of, "most": MOST,
        "two_units": show in IN_UNIT and len(units) > 1, **({} if mixed or not found else _told_by(found, given, show)),
    }  # fmt: skip
    chosen = {str(s.uid) for s in found}
    context["others"] = [
        {"uid": str(s.uid), "name": words.series(s), "area": pick(s.area.name), "on": str(s.uid) in chosen} for s in reads.series(actor).order_by("code")[:200]
    ]
    context["query"] = "&".join(f"s={u}" for u in (str(s.uid) for s in found))
    return render(request, "datahub/economy/compare.html", context)


def _told_by(found: list[Any], given: Any, show: str) -> dict[str, Any]:
    reckoned = {s.pk: measure(show, given[s.pk]) for s in found}
    periods: list[Period] = sorted({p for values in reckoned.values() for p in values})

    def figure(series: Any, period: Period) -> Any:
        return rounded(reckoned[series.pk].get(period), series.decimals if show in IN_UNIT else 1)

    units = {words.measure_unit(show, s) for s in found}
    areas = {s.area_id for s in found}
    alike = len({words.series(s) for s in found}) == 1
    names = {s.pk: words.series(s) if len(areas) == 1 else pick(s.area.name) if alike else f"{words.series(s)} · {pick(s.area.name)}" for s in found}
    chart = {
        "type": "line", "title": f"{words.series(found[0])} · {words.measure(show)}" if alike else words.measure(show), "unit": units.pop() if len(units) == 1 else _("each in its own unit"), "x": [str(p) for p in periods],
        "series": [{"name": names[s.pk], "values": [None if (v := figure(s, p)) is None else float(v) for p in periods]} for s in found],
    }  # fmt: skip
    rows = [{"period": words.period(p), "cells": [{"label": names[s.pk], "value": figure(s, p)} for s in found]} for p in periods[::-1][:ROWS]]
    return {"chart": chart, "rows": rows, "heads": [(names[s.pk], words.measure_unit(show, s)) for s in found]}
