"""What a set's page shows besides words: first rows, a chart, points of a map, how fresh, how good, how much used."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from yiwang.apps.datahub.lake import opened
from yiwang.apps.datahub.models import Cycle, OpenSet, OpenState, OpenUse
from yiwang.apps.datahub.rules.opening import drawing, shelf
from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now


def first_rows(row: OpenSet) -> list[list[tuple[Any, bool]]]:
    """Return the first rows: of each cell its value and whether it is a number."""
    if row.current is None:
        return []
    names = tuple(c["name"] for c in row.current.columns)
    kinds = {c["name"]: c["kind"] for c in row.current.columns}
    rows, _total = opened.ask(opened.absolute(row.current.path), kinds, opened.Question(fields=names, limit=shelf.files()["preview_rows"], total=False))
    numbers = [kinds[n] in ("integer", "decimal") for n in names]
    words = {True: _("yes"), False: _("no")}
    return [[(words[v] if isinstance(v, bool) else v, is_number) for v, is_number in zip(row_, numbers, strict=True)] for row_ in rows]


def chart(row: OpenSet) -> dict[str, Any] | None:
    """Return the configuration of the chart island, with the table behind it."""
    if row.current is None:
        return None
    made = drawing.chart_of(row.current.columns, most=shelf.files()["chart_points"])
    if made is None:
        return None
    points = [(x, y) for x, y in opened.summary(opened.absolute(row.current.path), made.sql) if y is not None]
    if len(points) < 2:
        return None
    labels = {c["name"]: c for c in row.current.columns}
    y = labels[made.y]["label"] if made.y else _("rows")
    unit = labels[made.y]["unit"] if made.y else _("rows")
    x = labels[made.x]["label"]
    said = _("%(y)s by %(x)s (mean)") if "avg(" in made.sql else _("%(y)s by %(x)s")
    return {
        "type": made.kind, "title": said % {"y": y, "x": x}, "unit": unit, "x_label": x, "x": [str(p[0]) for p in points],
        "series": [{"name": y, "values": [p[1] for p in points]}],
    }  # fmt: skip


def points(row: OpenSet) -> dict[str, Any] | None:
    """Return the configuration of the map island with up to 2,000 of the rows that lie somewhere."""
    if row.current is None or (place := drawing.place_of(row.current.columns)) is None:
        return None
    most = shelf.files()["map_points"]
    names = [c["name"] for c in row.current.columns if c["kind"] in ("string", "code") and c["name"] not in place.names][:1]
    listed = ", ".join('"' + n.replace('"', '""') + '"' for n in (*place.names, *names))
    where = " AND ".join('"' + n.replace('"', '""') + '" IS NOT NULL' for n in place.names)
    every = max(1, row.current.rows // most)
    rows = opened.summary(opened.absolute(row.current.path), f"SELECT {listed}, _id FROM {{rows}} WHERE {where} AND _id % {every} = 0 LIMIT {most}")
    features: list[dict[str, Any]] = []
    for values in rows:
        known = dict(zip((*place.names, *names), values, strict=False))
        if (geometry := drawing.geometry_of(known, place)) is not None:
            label = str(known[names[0]]) if names and known[names[0]] is not None else f"#{values[-1]}"
            features.append({"type": "Feature", "geometry": geometry, "properties": {"uid": str(values[-1]), "name": label, "tone": "accent"}})
    flat: list[Any] = [f["geometry"]["coordinates"] for f in features if f["geometry"]["type"] == "Point"]
    if not features or not flat:
        return None
    west, east, south, north = min(c[0] for c in flat), max(c[0] for c in flat), min(c[1] for c in flat), max(c[1] for c in flat)
    pad = max(0.002, (east - west) * 0.05, (north - south) * 0.05)
    layer = {"id": "open", "label": texts.pick(row.title), "kind": "points", "data": {"type": "FeatureCollection", "features": features}, "cluster": len(features) > 200}
    return {"mode": "browse", "layers": [layer], "bounds": [west - pad, south - pad, east + pad, north + pad], "table": False}


def freshness(row: OpenSet) -> dict[str, Any]:
    """Say how the set stands against its promise: tone, words, days."""
    moment = now()
    promised = str(Cycle(row.cycle).label)
    if row.due_at is None:
        return {"tone": "neutral", "word": _("no promise"), "promised": promised, "late_days": 0, "due": None}
    late = (moment - row.due_at).days
    if late >= 0 and row.due_at < moment:
        return {"tone": "overdue", "word": _("%(n)s days late") % {"n": max(1, late)}, "promised": promised, "late_days": max(1, late), "due": row.due_at}
    soon = row.due_at - moment < timedelta(days=3)
    return {"tone": "soon" if soon else "in_time", "word": _("due soon") if soon else _("as promised"), "promised": promised, "late_days": 0, "due": row.due_at}


def quality(row: OpenSet) -> dict[str, Any]:
    """Say how good: the score of its rules where there is one, and how full its columns are."""
    columns = row.current.columns if row.current else []
    filled = round(100 * sum(c["filled"] for c in columns) / len(columns)) if columns else 0
    score = row.current.quality if row.current else None
    return {"score": None if score is None else round(score), "filled": filled, "worst": min(columns, key=lambda c: c["filled"]) if columns and filled < 100 else None}


def growth() -> dict[str, Any]:
    """Return how many sets were open at the end of each of the last twelve months, as a chart."""
    today = now().date()
    firsts = []
    for back in range(11, -1, -1):
        months = today.year * 12 + today.month - 1 - back + 1
        firsts.append(date(months // 12, months % 12 + 1, 1))
    opened_on = list(OpenSet.objects.exclude(opened_at__isnull=True).values_list("opened_at", "retracted_at"))
    values = [sum(1 for a, r in opened_on if a is not None and a.date() < end and (r is None or r.date() >= end)) for end in firsts]
    return {
        "type": "line", "title": _("Open data sets at the end of each month"), "unit": _("sets"), "x_label": _("Month"),
        "x": [f"{(end - timedelta(days=1)):%Y-%m}" for end in firsts], "series": [{"name": _("sets"), "values": values}],
    }  # fmt: skip


def promises() -> list[dict[str, Any]]:
    """Return every set with its promise, the latest first; one query."""
    rows = OpenSet.objects.filter(state=OpenState.OPEN).select_related("org", "current").order_by("due_at", "pk")[:1000]
    made = [{"set": r, "title": texts.pick(r.title), "org": texts.pick(r.org.name), "fresh": freshness(r)} for r in rows]
    return sorted(made, key=lambda m: (-m["fresh"]["late_days"], m["fresh"]["due"] is None))


def kept_share(rows: list[dict[str, Any]]) -> int | None:
    """Return the share of promises kept in percent; None without promises."""
    promised = [r for r in rows if r["fresh"]["due"] is not None]
    return round(100 * sum(1 for r in promised if not r["fresh"]["late_days"]) / len(promised)) if promised else None


def used(days: int = 30) -> dict[str, Any]:
    """Return the figures of use: by kind, by format, by day, and the most used sets."""
    since = now().date() - timedelta(days=days - 1)
    rows = OpenUse.objects.filter(day__gte=since, open_set__state=OpenState.OPEN)
    by_day = dict(rows.exclude(kind="page").values_list("day").annotate(n=Sum("times")).order_by("day"))
    span = [since + timedelta(days=i) for i in range(days)]
    top = list(rows.exclude(kind="page").values_list("open_set__slug", "open_set__title").annotate(n=Sum("times")).order_by("-n", "open_set__slug")[:10])
    return {
        "kinds": dict(rows.values_list("kind").annotate(n=Sum("times"))),
        "formats": list(rows.filter(kind="download").values_list("format").annotate(n=Sum("times")).order_by("-n")),
        "top": [{"slug": s, "title": texts.pick(t), "n": n} for s, t, n in top],
        "chart": {
            "type": "bar", "title": _("Downloads and calls, last %(n)s days") % {"n": days}, "unit": _("times"), "x_label": _("Day"), "x": [f"{d:%m-%d}" for d in span],
            "series": [{"name": _("times"), "values": [by_day.get(d, 0) for d in span]}],
        },
    }  # fmt: skip


def taken(row: OpenSet) -> dict[str, Any]:
    """Return who took a set, as far as is known: counts by kind and format, and the clients by name (for a retraction)."""
    rows = list(row.use.values_list("kind", "format", "client_name").annotate(n=Sum("times")).order_by("-n"))
    return {
        "total": sum(n for kind, _f, _c, n in rows if kind != "page"),
        "rows": [{"kind": kind, "format": form, "n": n} for kind, form, client, n in rows if not client],
        "clients": [{"name": client, "kind": kind, "n": n} for kind, _f, client, n in rows if client],
    }  # fmt: skip
