"""Bulletins on paper (通报): a typeset PDF and a workbook of all tables, from what was kept when it was issued."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.files.errors import NoFont
from yiwang.kernel.files.exports import Column, Exported, Table
from yiwang.kernel.files.typesetting import font, typeset
from yiwang.kernel.indicators.models import Bulletin
from yiwang.kernel.indicators.queries import choices
from yiwang.kernel.indicators.queries.bulletins import ROWS_MOST
from yiwang.kernel.indicators.rules.saying import said, signed
from yiwang.kernel.indicators.services.exporting import export_tables
from yiwang.kernel.notices import channels

# Paper has no themes: the colours of grades on white.
COLOURS = {"good": "#2b8653", "fair": "#2f6fb5", "warn": "#c99700", "bad": "#d9660f", "worst": "#b3121f"}
NAMED = 3  # best, worst, risen, fallen


def number_words(bulletin: Bulletin) -> str:
    return _("No. %(n)s of %(year)s") % {"n": bulletin.serial, "year": bulletin.year}


def title_words(bulletin: Bulletin) -> str:
    return _("Weekly bulletin of evaluation") if bulletin.kind == "week" else _("Monthly bulletin of evaluation") if bulletin.kind == "month" else _("Bulletin of evaluation")


def span_words(bulletin: Bulletin) -> str:
    return _("%(first)s to %(last)s") % {"first": bulletin.first.isoformat(), "last": bulletin.last.isoformat()}


def told(bulletin: Bulletin) -> list[dict[str, Any]]:
    """Return a bulletin's parts in words, for page and paper alike."""
    return [_part(part) for part in bulletin.content["parts"]]


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    rows = part["rows"]
    ranked = [r for r in rows if r["rank"]]
    moved = [(r["was_rank"] - r["rank"], r) for r in ranked if r["was_rank"]]
    risen = sorted((m for m in moved if m[0] > 0), key=lambda m: (-m[0], m[1]["rank"]))[:NAMED]
    fallen = sorted((m for m in moved if m[0] < 0), key=lambda m: (m[0], m[1]["rank"]))[:NAMED]
    names = {i["code"]: texts.pick(i["name"]) for i in part["items"]}
    units = {i["code"]: i["unit"] for i in part["items"]}
    return {
        "name": texts.pick(part["name"]), "closed": part["closed"], "kind": part["kind"],
        "heads": [{"name": names[i["code"]], "weight": f"{i['weight']:g}"} for i in part["items"]],
        "rows": [_row(r, units) for r in ranked], "unranked": len(rows) - len(ranked), "whole": _row(part["whole"], units), "ranked": len(ranked),
        "best": [_named(r) for r in ranked[:NAMED]], "worst": [_named(r) for r in ranked[::-1][:NAMED]] if len(ranked) > NAMED else [],
        "risen": [{**_named(r), "by": by, "why": _why(r, names, units, best=True)} for by, r in risen],
        "fallen": [{**_named(r), "by": -by, "why": _why(r, names, units, best=False)} for by, r in fallen],
        "svg": _map(part), "bands": [{"label": f"{b['grade']} {texts.pick(b['name'])}", "colour": COLOURS.get(b["colour"], "#999999")} for b in part["bands"]],
    }  # fmt: skip


def _row(row: Mapping[str, Any], units: Mapping[str, str]) -> dict[str, Any]:
    moved = row["was_rank"] - row["rank"] if row["was_rank"] and row["rank"] else None
    return {
        "rank": row["rank"] or "—", "name": row["name"], "score": said(row["score"], "score"), "width": row["score"] or 0,
        "grade": f"{row['grade']} {texts.pick(row['grade_name'])}".strip(), "colour": COLOURS.get(row["colour"], "#999999"), "band": row["colour"] or "none",
        "moved": "" if moved is None else "→" if moved == 0 else f"↑{moved}" if moved > 0 else f"↓{-moved}",
        "change": signed(row["score"] - row["was_score"]) if row["score"] is not None and row["was_score"] is not None else "",
        "values": [said(row["figures"][c][0], unit) if c in row["figures"] else "—" for c, unit in units.items()],
    }  # fmt: skip


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": row["name"], "rank": row["rank"], "score": said(row["score"], "score")}


def _why(row: Mapping[str, Any], names: Mapping[str, str], units: Mapping[str, str], *, best: bool) -> str:
    pulls = row["pulls"][::-1] if best else row["pulls"]
    if not pulls or (pulls[0][1] <= 0) == best:
        return ""
    code, _pull, was, now = pulls[0]
    return f"{names.get(code, code)} {said(was, units.get(code, 'percent'))} → {said(now, units.get(code, 'percent'))}"


def _map(part: Mapping[str, Any]) -> str:
    """Return the areas coloured by grade as a small SVG; empty when there are no shapes."""
    rings = {key: list(_rings(shape)) for key, shape in part["shapes"].items()}
    points = [p for found in rings.values() for ring in found for p in ring]
    if not points:
        return ""
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    narrow = 0.8  # a degree of longitude beside one of latitude, near enough for a picture of a county at 36°
    scale = 640 / max((east - west) * narrow, 1e-9)
    height = max(60.0, min(640.0, (north - south) * scale))
    scale = min(scale, height / max(north - south, 1e-9))
    colours = {r["key"]: COLOURS.get(r["colour"], "#dddddd") for r in part["rows"]}
    names = {r["key"]: r["name"] for r in part["rows"]}
    paths, labels = [], []
    for key, found in rings.items():
        d = "".join("M" + "L".join(f"{(x - west) * narrow * scale:.1f} {(north - y) * scale:.1f}" for x, y in ring) + "Z" for ring in found)
        paths.append(f'<path d="{d}" fill="{colours.get(key, "#dddddd")}" fill-opacity="0.75" stroke="#ffffff" stroke-width="1.5"/>')
        outer = max(found, key=len)
        x, y = (min(p[0] for p in outer) + max(p[0] for p in outer)) / 2, (min(p[1] for p in outer) + max(p[1] for p in outer)) / 2
        if len(rings) <= 40:
            labels.append(f'<text x="{(x - west) * narrow * scale:.1f}" y="{(north - y) * scale:.1f}" font-size="15" text-anchor="middle" fill="#111111">{escape(names.get(key, ""))}</text>')
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height:.0f}" font-family="{font()}">{"".join(paths)}{"".join(labels)}</svg>'


def _rings(shape: Mapping[str, Any]) -> Any:
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"] if shape["type"] == "MultiPolygon" else []
    for polygon in polygons:
        yield polygon[0]


def _moment(text: str) -> str:
    return timezone.localtime(datetime.fromisoformat(text)).strftime("%Y-%m-%d %H:%M")


def overdue(bulletin: Bulletin) -> dict[str, Any]:
    """Return the list of what is overdue, in words."""
    found = bulletin.content["overdue"]
    return {
        "total": found["total"], "bodies": [{"name": b["name"] or _("No department yet"), "count": b["count"]} for b in found["bodies"]],
        "cases": [{**c, "due": _moment(c["due"]), "number": c["number"] or "–", "days": f"{c['days']:g}"} for c in found["cases"]],
        "more": max(0, found["total"] - len(found["cases"])),
    }  # fmt: skip


def pdf(bulletin: Bulletin, *, site: str) -> bytes:
    """Return the bulletin as a PDF that can be handed out.

    Raises
    ------
    NoFont
        The machine has no Chinese font.
    """
    if not (family := font()):
        raise NoFont
    area = choices.area_at(bulletin.area_path)
    parts = told(bulletin)
    for part in parts:
        part["cut"] = max(0, len(part["rows"]) - ROWS_MOST)
        part["rows"] = part["rows"][:ROWS_MOST]
    data = {
        "title": title_words(bulletin), "body": str(getattr(settings, "SITE_NAME", "") or _("Yiwang")), "number": number_words(bulletin), "span": span_words(bulletin),
        "area": texts.pick(area.name) if area else "", "date": timezone.localtime(bulletin.issued_at).strftime("%Y-%m-%d"), "remark": bulletin.remark, "parts": parts,
        "overdue": overdue(bulletin), "address": f"{site}/indicators/bulletins/{bulletin.uid}/", "sha": bulletin.sha256[:16], "words": _words(),
    }  # fmt: skip
    return typeset(files("yiwang.kernel.indicators").joinpath("sheets/bulletin.typ").read_bytes(), data, family)


def paper(uid: UUID) -> channels.Paper | None:
    """Return a bulletin as what goes with a mail; typeset once for all its receivers."""
    found = Bulletin.objects.filter(uid=uid).first()
    if found is None:
        return None
    return channels.Paper(f"bulletin-{found.year}-{found.serial}.pdf", _typeset_once(found.pk, found.sha256))


@lru_cache(maxsize=4)
def _typeset_once(pk: int, sha256: str) -> bytes:
    site = str(getattr(settings, "SITE_URL", "") or "").rstrip("/")
    with translation.override(settings.LANGUAGE_CODE):
        return pdf(Bulletin.objects.get(pk=pk, sha256=sha256), site=site)


def _words() -> dict[str, str]:
    return {
        "rank": _("Rank"), "object": _("Object"), "score": _("Score"), "grade": _("Grade"), "moved": _("Against the period before"), "best": pgettext("ranking", "First"), "worst": pgettext("ranking", "Last"),
        "risen": _("Risen most"), "fallen": _("Fallen most"), "places": _("places"), "remark": _("Remark"), "overdue": _("Overdue and not closed at the end of the period"),
        "body": pgettext("organisation", "Body"), "count": _("Cases"), "number": _("Number"), "case": _("Case"), "due": _("Due"), "days": _("Days overdue"), "whole": _("All together"),
        "closed": _("from closed results"), "moment": _("figures as of the end of the period, not closed"), "sign": _("Signed by"), "check": _("Checked by"),
        "write": _("Drawn up by"), "seal": _("Date and seal"), "weight": _("Weight"), "none": _("Nothing is overdue."), "page": _("page"), "map": _("Areas coloured by grade"),
        "cut": _("further rows stand in the workbook"), "unranked": _("not ranked: nothing or too little to count"), "more": _("more cases"),
    }  # fmt: skip


def workbook(actor: Actor, bulletin: Bulletin) -> Exported:
    """Return all tables of a bulletin as one workbook; the export goes on record."""
    tables = []
    for part in bulletin.content["parts"]:
        names = [(i["code"], texts.pick(i["name"])) for i in part["items"]]
        columns = [Column(key="rank", label=_("Rank"), width=8), Column(key="name", label=_("Object"), width=28), Column(key="score", label=_("Score"), width=10),
                   Column(key="grade", label=_("Grade"), width=8), Column(key="was_rank", label=_("Rank in the period before"), width=12),
                   Column(key="was_score", label=_("Score in the period before"), width=12)]  # fmt: skip
        for code, name in names:
            columns += [Column(key=f"{code}.0", label=name, width=14), Column(key=f"{code}.1", label=_("%(name)s: numerator") % {"name": name}, width=14),
                        Column(key=f"{code}.2", label=_("%(name)s: denominator") % {"name": name}, width=14)]  # fmt: skip
        rows = [
            {k: r[k] for k in ("rank", "name", "score", "grade", "was_rank", "was_score")} | {f"{c}.{n}": v for c, three in r["figures"].items() for n, v in enumerate(three)}
            for r in [*part["rows"], part["whole"]]
        ]
        tables.append(Table(title=texts.pick(part["name"])[:31], columns=columns, rows=rows))
    late = overdue(bulletin)
    tables.append(Table(title=_("Overdue by body")[:31], columns=[Column(key="name", label=pgettext("organisation", "Body"), width=30), Column(key="count", label=_("Cases"), width=10)], rows=late["bodies"]))
    columns = [Column(key="number", label=_("Number"), width=24), Column(key="title", label=_("Case"), width=40, carrier=True), Column(key="body", label=pgettext("organisation", "Body"), width=28),
               Column(key="due", label=_("Due"), width=18), Column(key="days", label=_("Days overdue"), width=12)]  # fmt: skip
    tables.append(Table(title=_("Overdue cases")[:31], columns=columns, rows=late["cases"]))
    return export_tables(actor, tables, what="indicators.bulletin", words=f"{title_words(bulletin)} {number_words(bulletin)}", name=f"bulletin-{bulletin.year}-{bulletin.serial}")
