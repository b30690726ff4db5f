"""The ranking (排名): everybody of a scheme's kind in a period, with what makes each score; as table, chart, map and file."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.indicators.contracts import Judged, ObjectKind
from yiwang.kernel.indicators.pages.common import (
    Wanted,
    actor_of,
    address,
    chip,
    grade_of,
    kind_words,
    period_kinds,
    period_words,
    read,
    said,
    signed,
)
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import choices, tables
from yiwang.kernel.indicators.queries.access import VIEW
from yiwang.kernel.indicators.queries.tables import Seen
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.indicators.services import exporting

BARS = 20  # objects in the chart
TRAIL = 6  # periods of a sparkline


@never_cache
@require_GET
@door(VIEW)
def ranking(request: HttpRequest) -> HttpResponse:
    """GET /indicators/?scheme=&period=month:2026-10-01&area=&view=live."""
    if not catalogues.on_day(now().date()).schemes:
        return render(request, "indicators/nothing.html", {"may_define": actor_of(request).may_anywhere("indicators.define")})
    if "kind" in request.GET:  # the form says kind and day; the address that one sends on says the period
        return redirect(address("ranking", read(request).query))
    actor, wanted = actor_of(request), read(request)
    seen = tables.seen(actor, wanted.scheme.code, wanted.period, wanted.area_path, live=wanted.live, modes=wanted.modes, catalogue=wanted.catalogue)
    before = tables.before(actor, seen, modes=wanted.modes, area_path=wanted.area_path)
    every = [_row(wanted, seen, before, row) for row in seen.league.rows]
    rows = every if seen.own_only else [r for r in every if r["rank"] is not None]
    context: dict[str, object] = {
        "wanted": wanted, "seen": seen, "rows": rows, "heads": _heads(seen), "whole": None if seen.own_only else _row(wanted, seen, before, seen.league.whole),
        "words": period_words(wanted.period), "before_words": period_words(periods.before(wanted.period)), "form": _form(wanted),
        "steps": _steps(wanted), "trail_url": address("trail", wanted.query), "unranked": [] if seen.own_only else [r for r in every if r["rank"] is None],
        "live_url": address("ranking", {**wanted.query, "view": "live"}), "kept_url": address("ranking", {**wanted.query, "view": ""}),
        "exports": [(ext, address("export", wanted.query, ext)) for ext in ("xlsx", "csv")],
        "chart": _chart(wanted, seen, before) if len(rows) > 1 and not seen.own_only else None,
        "map": _map(wanted, seen) if tables.is_area(seen.league.scheme.judges) else None, "bands": [chip(b) for b in seen.league.scheme.grades],
        "kind_words": kind_words(seen.league.scheme.judges),
    }  # fmt: skip
    return render(request, "indicators/ranking.html", context)


def _heads(seen: Seen) -> list[dict[str, Any]]:
    found = []
    for item in seen.league.scheme.items:
        one = seen.catalogue.indicators[item.indicator]
        found.append({"code": item.indicator, "name": texts.pick(one.name), "weight": f"{item.weight:g}", "better": one.higher_is_better})
    return found


def number_query(wanted: Wanted, seen: Seen, row: Judged, code: str) -> dict[str, str]:
    """Return the query of a number's own page."""
    return {**wanted.query, "key": row.key if row.kind is not ObjectKind.ALL else "", "all": "1" if row.kind is ObjectKind.ALL else "", "indicator": code,
            "result": str(seen.result.uid) if seen.result else ""}  # fmt: skip


def _row(wanted: Wanted, seen: Seen, before: Seen | None, row: Judged) -> dict[str, Any]:
    past = None if before is None else before.league.whole if row.kind is ObjectKind.ALL and not before.own_only else before.row(row.key)
    cells = []
    for item in seen.league.scheme.items:
        one, figure = seen.catalogue.indicators[item.indicator], row.figures.get(item.indicator)
        points = row.points.get(item.indicator)
        cells.append({
            "value": said(figure.value if figure else None, one.unit), "points": "" if points is None else f"{points:.1f}",
            "url": address("number", number_query(wanted, seen, row, item.indicator)), "name": texts.pick(one.name),
            "none": figure is None or figure.value is None,
        })  # fmt: skip
    moved = past.rank - row.rank if past and past.rank and row.rank else None
    return {
        "key": row.key, "name": row.name, "rank": row.rank, "moved": moved, "moved_words": _moved(moved, row, past), "score": said(row.score, "score"),
        "change": signed(row.score - past.score) if past and past.score is not None and row.score is not None else "",
        "grade": grade_of(seen.league.scheme, row), "cells": cells, "before_rank": past.rank if past else None,
        "url": "" if row.kind is ObjectKind.ALL else address("object", {**wanted.query, "key": row.key}),
    }  # fmt: skip


def _moved(moved: int | None, row: Judged, past: Judged | None) -> str:
    if row.rank is None:
        return ""
    if moved is None:
        return _("not ranked before") if past is None or past.rank is None else ""
    if moved == 0:
        return _("as before")
    n = abs(moved)
    return (_("up by %(n)s") if moved > 0 else _("down by %(n)s")) % {"n": n}


def _form(wanted: Wanted) -> dict[str, Any]:
    return {
        "schemes": [(s.code, texts.pick(s.name)) for s in wanted.catalogue.schemes.values()], "kinds": period_kinds(),
        "kind": wanted.period.kind.value, "day": wanted.period.first.isoformat(), "until": wanted.period.last.isoformat(),
        "areas": choices.areas(wanted.area),
    }  # fmt: skip


def _steps(wanted: Wanted) -> dict[str, str]:
    """Return the addresses of the period before, the next one that has begun, and the same a year ago."""
    last = periods.last_year(wanted.period)
    following = periods.following(wanted.period)
    return {
        "before": address("ranking", {**wanted.query, "period": periods.before(wanted.period).code}),
        "next": address("ranking", {**wanted.query, "period": following.code}) if following.first <= now().date() else "",
        "last_year": address("ranking", {**wanted.query, "period": last.code}),
    }


def _chart(wanted: Wanted, seen: Seen, before: Seen | None) -> dict[str, Any]:
    rows = [r for r in seen.league.rows if r.score is not None][:BARS]
    past = {r.key: r.score for r in before.league.rows} if before else {}
    series = [{"name": period_words(wanted.period), "values": [r.score for r in rows], "links": [address("object", {**wanted.query, "key": r.key}) for r in rows]}]
    if any(past.get(r.key) is not None for r in rows):
        series.append({"name": period_words(periods.before(wanted.period)), "values": [past.get(r.key) for r in rows]})
    return {
        "type": "bar", "horizontal": True, "title": _("Scores, best first"), "unit": _("points"), "x_label": kind_words(seen.league.scheme.judges),
        "x": [r.name for r in rows], "series": series,
    }  # fmt: skip


def undone(seen: Seen, row: Judged) -> float | None:
    """Return the share of what was due that is not done: 100 less the first share of the scheme that counts what is done."""
    for item in seen.league.scheme.items:
        one, figure = seen.catalogue.indicators[item.indicator], row.figures.get(item.indicator)
        if one.unit == "percent" and one.higher_is_better and figure and figure.value is not None:
            return max(0.0, 100.0 - figure.value)
    return None


def _map(wanted: Wanted, seen: Seen) -> dict[str, Any] | None:
    shapes = choices.shapes(seen.league.scheme.judges, [r.key for r in seen.league.rows])
    features = []
    for row in seen.league.rows:
        if row.key not in shapes:
            continue
        share = undone(seen, row)
        grade = grade_of(seen.league.scheme, row)
        code = next((i.indicator for i in seen.league.scheme.items if _counts_done(seen, i.indicator)), seen.league.scheme.items[0].indicator)
        features.append({
            "type": "Feature", "geometry": shapes[row.key],
            "properties": {
                "uid": row.key, "label": row.name, "title": row.name, "band": grade["colour"], "share": 0 if share is None else round(share / 100, 4),
                "code": (_("rank %(n)s") % {"n": row.rank} if row.rank else _("not ranked")) + f" · {said(row.score, 'score')} {grade['label']}",
                "status": _("%(share)s not done") % {"share": said(share, "percent")} if share is not None else _("nothing was due"),
                "href": address("number", {**number_query(wanted, seen, row, code), "part": "missed"}),
            },
        })  # fmt: skip
    if not features:
        return None
    data = {"type": "FeatureCollection", "features": features}
    return {
        "mode": "browse", "table": False, "layers": [
            {"id": "undone", "label": _("Not done: the more, the redder"), "kind": "areas", "by": "share", "data": data, "visible": False},
            {"id": "grades", "label": _("Coloured by grade"), "kind": "areas", "by": "band", "data": data},
        ],
    }  # fmt: skip


def _counts_done(seen: Seen, code: str) -> bool:
    one = seen.catalogue.indicators[code]
    return one.unit == "percent" and one.higher_is_better and "/" in one.formula


@never_cache
@require_GET
@door(VIEW)
def trail(request: HttpRequest) -> HttpResponse:
    """GET /indicators/trail/?...: the scores of the last periods, a small line for each row of the table (HTMX, out of band)."""
    actor, wanted = actor_of(request), read(request)
    found = tables.trail(actor, wanted.scheme.code, wanted.period, TRAIL, wanted.area_path, modes=wanted.modes)
    keys = found[-1][1]
    lines = [
        {"key": key or "all", "values": [r.score for _p, rows in found if (r := rows.get(key)) and r.score is not None],
         "label": "; ".join(f"{period_words(p)} {said(rows[key].score, 'score')}" for p, rows in found if key in rows)}
        for key in keys
    ]  # fmt: skip
    return render(request, "indicators/trail.html", {"lines": lines})


@never_cache
@require_GET
@door(VIEW)
def export(request: HttpRequest, ext: str) -> HttpResponse:
    """GET /indicators/export.<xlsx|csv>?...: the table as it is seen, marked with who took it, on record."""
    if ext not in ("xlsx", "csv"):
        raise NotFound(what="format")
    actor, wanted = actor_of(request), read(request)
    seen = tables.seen(actor, wanted.scheme.code, wanted.period, wanted.area_path, live=wanted.live, modes=wanted.modes, catalogue=wanted.catalogue)
    title = f"{texts.pick(wanted.scheme.name)} {period_words(wanted.period)}"
    made = exporting.export_league(actor, seen, title=title, filters=wanted.query, form=ext, kind=kind_words(wanted.scheme.judges))
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


def area_words(area: Area | None) -> str:
    return texts.pick(area.name) if area else _("Whole county")
