"""The analysis page (研判分析): where cases are dense, which class comes when, which stage eats the time; each opens its cases."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.pages.screen import address
from yiwang.apps.city.queries import lists
from yiwang.apps.city.queries import screen as queries
from yiwang.apps.city.queries.screen import Place, analysis
from yiwang.apps.city.queries.screen.analysis import Cell, HourRow, Span
from yiwang.apps.city.rules.screen import analysis as spec
from yiwang.kernel.base import texts
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui import words

STEPS = 6  # shades
SHOWN = 20  # cells in the table; the map has them all


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _map(cells: list[Cell], place: Place, span: Span) -> dict[str, Any] | None:
    """Return the squares in four shades of one colour; a click opens a square's cases."""
    if not cells:
        return None
    most = cells[0].count
    bands: list[list[dict[str, Any]]] = [[] for _n in range(4)]
    limits = [max(1, round(most * part)) for part in (0.25, 0.5, 0.75, 1)]
    for n, cell in enumerate(cells):
        west, south, east, north = cell.box
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        band = next(i for i, limit in enumerate(limits) if cell.count <= limit)
        bands[band].append({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
                            "properties": {"uid": f"cell-{n}", "label": str(cell.count), "href": address("city:cases", **span.query(place), box=cell.box_text)}})  # fmt: skip
    lows = [1, *(limit + 1 for limit in limits[:-1])]
    layers = [
        {"id": f"cells-{i}", "label": _("%(low)s to %(high)s cases") % {"low": lows[i], "high": limits[i]}, "kind": "areas", "colour": "series-2",
         "fill_opacity": (0.18, 0.38, 0.6, 0.85)[i], "data": _collection(found)}
        for i, found in enumerate(bands) if found
    ]  # fmt: skip
    return {"mode": "browse", "table": False, "layers": layers}


def _hours(rows: list[HourRow], place: Place, span: Span) -> list[dict[str, Any]]:
    most = max((n for row in rows for n in row.hours), default=0) or 1
    return [
        {
            "name": row.name, "total": row.total, "url": address("city:cases", **span.query(place), **{"class": row.code}),
            "cells": [
                {"n": n, "hour": hour, "shade": -(-STEPS * n // most) if n else 0, "url": address("city:cases", **span.query(place), **{"class": row.code}, hour=str(hour))}
                for hour, n in enumerate(row.hours)
            ],
        }
        for row in rows
    ]  # fmt: skip


def _stages(rows: list[analysis.Delay]) -> dict[str, Any]:
    """Return the shares of the stages, whoever worked in them, as a chart."""
    shares: dict[str, float] = {}
    for row in rows:
        shares[row.name] = shares.get(row.name, 0.0) + row.share
    found = sorted(shares.items(), key=lambda item: -item[1])
    return {
        "type": "bar", "horizontal": True, "title": _("Share of all time by stage"), "unit": "%", "x": [name for name, _share in found],
        "series": [{"name": _("Share of all time"), "values": [round(100 * share, 1) for _name, share in found], "tone": "accent"}],
    }  # fmt: skip


def _duration(minutes: float, working: bool) -> str:
    return str(words.duration(minutes * 60, working=working))


def _delays(rows: list[analysis.Delay]) -> list[dict[str, Any]]:
    most = max((r.share for r in rows), default=0) or 1
    return [
        {
            "name": r.name, "body": r.body, "working": r.is_working, "count": r.count, "median": _duration(r.median, r.is_working), "p90": _duration(r.p90, r.is_working),
            "share": round(100 * r.share), "bar": round(100 * r.share / most),
            "slowest": [{"url": reverse("city:case", args=[uid]), "number": number or _("not filed yet"), "took": _duration(minutes, r.is_working)} for uid, number, minutes in r.slowest],
        }
        for r in rows
    ]  # fmt: skip


@never_cache
@require_GET
@door("city.screen.view")
def analysis_page(request: HttpRequest) -> HttpResponse:
    """GET /city/analysis/?area=&days=30&metres=500: density, class by hour, cause of delay, with tables and lists of cases."""
    actor, wanted = actor_of(request), spec()
    place = queries.place_for(actor, request.GET.get("area", "")[:32].replace("\0", ""))
    days, metres = texts.whole(request.GET.get("days", "")), texts.whole(request.GET.get("metres", ""))
    days = days if days in wanted.days else 30
    metres = metres if metres in wanted.cell_metres else 500
    span = analysis.span_of(days)
    cells, nowhere = analysis.density(actor, place, span, metres)
    hours, delays = analysis.by_hour(actor, place, span), analysis.delays(actor, place, span)
    areas = lists.area_choices(actor)
    if place.root.code not in [code for code, _name in areas]:
        areas = [(place.root.code, texts.pick(place.root.name)), *areas]
    context: dict[str, object] = {
        "place": place, "areas": areas, "days": days, "metres": metres, "day_choices": wanted.days, "metre_choices": wanted.cell_metres,
        "map": _map(cells, place, span), "more_cells": max(0, len(cells) - SHOWN), "nowhere": nowhere,
        "cells": [{"n": n, "uid": f"cell-{n - 1}", "count": c.count, "open": c.open, "at": f"{(c.box[1] + c.box[3]) / 2:.4f}, {(c.box[0] + c.box[2]) / 2:.4f}",
                   "url": address("city:cases", **span.query(place), box=c.box_text)} for n, c in enumerate(cells[:SHOWN], start=1)],
        "hours": _hours(hours, place, span), "hour_names": range(24), "delays": _delays(delays[:SHOWN]), "stages": _stages(delays) if delays else None, "screen_url": address("city:screen", area=place.code),
    }  # fmt: skip
    return render(request, "city/analysis.html", context)
