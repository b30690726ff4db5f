"""Patrols (巡查): who is on shift and how much of each grid was walked; the day of one grid with its tracks."""

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries.field import cover, patrol
from yiwang.apps.city.queries.field.patrol import GridView, ShiftView
from yiwang.apps.city.queries.field.told import no_place_words, span
from yiwang.apps.city.services import field
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.paging import Page, page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door

SIZE = 20
AWAY_M = 100  # so far from the grid is worth saying: a receiver in a street of high houses is off by less


def _day(text: str) -> date:
    today = timezone.localdate(now())
    try:
        found = parse_date(text) if text else None
    except ValueError:
        found = None
    return min(found or today, today)


def _clock(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%H:%M")


def _tone(share: float) -> str:
    return "in_time" if share >= 0.8 else "soon" if share >= 0.4 else "neutral"


def reason_words() -> dict[str, str]:
    return {"no_fix": _("no reception"), "screen_locked": _("screen locked"), "off": _("switched off")}


def _shift(view: ShiftView) -> dict[str, Any]:
    """Return a shift in words. A span without a place reads 无定位 and nothing else."""
    begin, notes, words = view.begin, [], reason_words()
    if begin.no_place_reason or begin.lon is None:
        notes.append(_("signed in without a place: %(why)s") % {"why": no_place_words(begin.no_place_reason) or "–"})
    elif begin.away_m is not None and begin.away_m > AWAY_M:
        notes.append(_("signed in %(m)s m from the grid") % {"m": round(begin.away_m)})
    if begin.clock_off_s:
        notes.append(_("phone's clock off by %(span)s") % {"span": span(begin.clock_off_s)})
    if begin.fix_system:
        notes.append(_("browser gives GCJ-02, set right") if begin.fix_sure else _("browser may give GCJ-02"))
    lost = ""
    if view.no_fix_s >= 60:
        why = "、".join(words[r] for r in view.reasons if r in words)
        lost = _("No position for %(span)s") % {"span": span(view.no_fix_s)} + (f"（{why}）" if why else "")
    return {
        "name": view.name, "from": _clock(begin.occurred_at), "to": _clock(view.end.occurred_at) if view.end else "", "running": view.is_running,
        "fixes": view.fixes, "lost": lost, "notes": notes, "last": _clock(view.last[2]) if view.last else "",
    }  # fmt: skip


def _row(view: GridView, day: date) -> dict[str, Any]:
    return {
        "uid": str(view.grid.uid), "code": view.grid.code, "name": texts.pick(view.grid.name), "shifts": [_shift(s) for s in view.shifts],
        "absent": view.absent, "cells": view.cover.cells, "seen": view.cover.seen, "share": round(100 * view.cover.share), "tone": _tone(view.cover.share),
        "url": f"{reverse('city:patrol_grid', args=[view.grid.uid])}?{urlencode({'day': day.isoformat()})}",
    }  # fmt: skip


def _feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


@never_cache
@require_GET
@door("city.patrol.view")
def patrols(request: HttpRequest) -> HttpResponse:
    """GET /city/patrols/?span=day|week&day=&district=&after=: the grids of one's area, a map and the same facts as a table."""
    actor, day = actor_of(request), _day(request.GET.get("day", ""))
    span_ = "week" if request.GET.get("span") == "week" else ""
    given = {"day": day.isoformat(), "district": request.GET.get("district", "")[:12].replace("\0", ""), "span": span_}
    page = page_by_key(patrol.grids(actor, given["district"]), sort="code", descending=False, cursor=request.GET.get("after", ""), size=SIZE)
    if span_:
        return _week(request, actor, day, given, page)
    views = patrol.of_day(page.rows, day)
    rows = [_row(v, day) for v in views]
    shapes = [
        _feature(json.loads(v.grid.shape.geojson), uid=row["uid"], label=f"{v.grid.code} {row['share']} %", tone=row["tone"], href=row["url"])
        for v, row in zip(views, rows, strict=True) if v.grid.shape
    ]  # fmt: skip
    people = [
        _feature({"type": "Point", "coordinates": [s.last[0], s.last[1]]}, uid=str(s.uid), label=f"{s.name} {_clock(s.last[2])}", tone="in_time")
        for v in views for s in v.shifts if s.is_running and s.last is not None
    ]  # fmt: skip
    layers = _by_tone(shapes)
    if people:
        layers.append({"id": "people", "label": _("Last position"), "kind": "points", "data": _collection(people)})
    context: dict[str, object] = {
        **_frame(request, actor, day, given, page), "rows": rows, "map": {"mode": "browse", "table": False, "layers": layers},
        "on_shift": sum(s["running"] for r in rows for s in r["shifts"]), "sum": patrol.sum_of(actor, given["district"], day) if day < timezone.localdate(now()) else None,
    }  # fmt: skip
    return render(request, "city/patrols.html", context)


def _by_tone(shapes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return grids as layers of the map, one for each colour that there is."""
    words = (("in_time", _("80 % walked or more")), ("soon", _("40 % walked or more")), ("neutral", _("less walked")))
    return [
        {"id": f"grids-{tone}", "label": label, "kind": "areas", "tone": tone, "fill_opacity": 0.35, "data": _collection(there)}
        for tone, label in words if (there := [f for f in shapes if f["properties"]["tone"] == tone])
    ]


def _frame(request: HttpRequest, actor: Actor, day: date, given: dict[str, str], page: Page) -> dict[str, Any]:
    """Return what a day's and a week's page share: the filters, the way to the next page, what walked means."""
    kept, base = {k: v for k, v in given.items() if v}, reverse("city:patrol")
    return {
        "day": day, "district": given["district"], "districts": [(a.code, texts.pick(a.name)) for a in patrol.districts(actor)],
        "next": f"{base}?{urlencode({**kept, 'after': page.next})}" if page.next else "", "first": f"{base}?{urlencode(kept)}" if request.GET.get("after") else "",
        "cell_m": round(cover.CELL_M), "near_m": round(cover.NEAR_M), "today": timezone.localdate(now()), "span": given["span"],
    }  # fmt: skip


def _week(request: HttpRequest, actor: Actor, day: date, given: dict[str, str], page: Page) -> HttpResponse:
    """Show Monday to Sunday: the cover of each day and its mean, and who signed in on how many days."""
    days, base = patrol.week_days(day), reverse("city:patrol")
    rows: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    for view in patrol.of_week(page.rows, day):
        share = view.share
        tone, percent = _tone(share or 0), None if share is None else round(100 * share)
        url = reverse("city:patrol_grid", args=[view.grid.uid])
        cells = [
            {"on": on, "url": f"{url}?{urlencode({'day': on.isoformat()})}", "percent": None if c is None else round(100 * c.share), "tone": _tone(c.share) if c else ""}
            for on, c in zip(days, view.days, strict=True)
        ]  # fmt: skip
        rows.append({"uid": str(view.grid.uid), "code": view.grid.code, "name": texts.pick(view.grid.name), "url": url, "cells": cells, "percent": percent, "tone": tone, "people": view.people})
        if view.grid.shape and percent is not None:
            shapes.append(_feature(json.loads(view.grid.shape.geojson), uid=str(view.grid.uid), label=f"{view.grid.code} {percent} %", tone=tone, href=url))
    context: dict[str, object] = {
        **_frame(request, actor, day, given, page), "rows": rows, "days": days, "map": {"mode": "browse", "table": False, "layers": _by_tone(shapes)},
        "before": f"{base}?{urlencode({**given, 'day': (days[0] - timedelta(days=7)).isoformat()})}",
        "after": f"{base}?{urlencode({**given, 'day': (days[0] + timedelta(days=7)).isoformat()})}" if days[-1] < timezone.localdate(now()) else "",
    }  # fmt: skip
    return render(request, "city/patrols_week.html", context)


@never_cache
@require_GET
@door("city.patrol.view")
def patrol_grid(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/patrols/<grid>/?day=: the grid's cells, tracks and spans without a position; that one looked goes on record."""
    actor, day = actor_of(request), _day(request.GET.get("day", ""))
    grid = patrol.grid_for(actor, uid)
    begin, end = patrol.day_span(day)
    trails, cells = patrol.trails(grid, day), cover.cells_of(grid.pk, begin, end)
    field.note_track_read(actor=actor, grid=grid, day=day, accounts=[t.shift.account_id for t in trails])
    walked, left = ([_feature(json.loads(shape), label="") for shape, seen in cells if seen is wanted] for wanted in (True, False))
    lines = [
        _feature({"type": "LineString", "coordinates": [list(p) for p in piece]}, label="")
        for t in trails for piece in t.pieces if len(piece) > 1
    ]  # fmt: skip
    marks = [
        _feature({"type": "Point", "coordinates": [m.lon, m.lat]}, label=f"{t.shift.name} {_clock(m.occurred_at)}", tone="done")
        for t in trails for m in (t.shift.begin, t.shift.end) if m is not None and m.lon is not None
    ]  # fmt: skip
    layers = [
        {"id": "walked", "label": _("Cells that were walked"), "kind": "areas", "tone": "in_time", "fill_opacity": 0.3, "data": _collection(walked)},
        {"id": "left", "label": _("Cells that were not walked"), "kind": "areas", "tone": "neutral", "fill_opacity": 0.12, "data": _collection(left)},
        {"id": "tracks", "label": _("Tracks"), "kind": "lines", "colour": "accent", "data": _collection(lines)},
        {"id": "marks", "label": _("Signed in and out"), "kind": "points", "data": _collection(marks)},
    ]
    layers = [layer for layer in layers if layer["data"]["features"]]  # type: ignore[index]
    words, seen = reason_words(), sum(s for _shape, s in cells)
    found = [
        {**_shift(t.shift), "lost_spans": [(_clock(a), _clock(b), span((b - a).total_seconds())) for a, b in t.lost],
         "told": [(_clock(a), _clock(b), words.get(r, r)) for a, b, r in t.spans]}
        for t in trails
    ]  # fmt: skip
    context: dict[str, object] = {
        "grid": grid, "name": texts.pick(grid.name), "day": day, "map": {"mode": "browse", "table": False, "layers": layers}, "rows": found,
        "seen": seen, "cells": len(cells), "share": round(100 * seen / len(cells)) if cells else 0, "tone": _tone(seen / len(cells) if cells else 0),
        "grid_url": reverse("beats:one", args=[grid.uid]) if actor.may("geography.beat.view", area_path=grid.area_path) else "",
        "back": f"{reverse('city:patrol')}?{urlencode({'day': day.isoformat()})}", "today": timezone.localdate(now()),
        "cell_m": round(cover.CELL_M), "near_m": round(cover.NEAR_M),
    }  # fmt: skip
    return render(request, "city/patrol_grid.html", context)
