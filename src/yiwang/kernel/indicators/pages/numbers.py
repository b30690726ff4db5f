"""A number opens (指标反查): what it is, how it is computed, and the very cases behind it. Its address may be sent to others."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases.queries.places import case_url
from yiwang.kernel.identity.doors import door
from yiwang.kernel.indicators.contracts import Aggregate, Asked, Judged, ObjectKind, Source
from yiwang.kernel.indicators.pages.common import Wanted, actor_of, address, links, period_words, read, said
from yiwang.kernel.indicators.queries import access, opening, results, tables
from yiwang.kernel.indicators.queries.access import VIEW
from yiwang.kernel.indicators.queries.naming import english, value_names
from yiwang.kernel.indicators.queries.opening import MISSED, Part
from yiwang.kernel.indicators.queries.tables import Seen
from yiwang.kernel.indicators.rules import explaining

SIZE = 50


@never_cache
@require_GET
@door(VIEW)
def number(request: HttpRequest) -> HttpResponse:
    """GET /indicators/number/?scheme=&period=&area=&key=&indicator=&part=&result=&after=: one number, taken apart."""
    wanted = read(request)
    seen = _seen(request, wanted)
    is_whole = request.GET.get("all") == "1"
    row = seen.league.whole if is_whole else seen.row(request.GET.get("key", ""))
    code = request.GET.get("indicator", "")
    if row is None or (is_whole and seen.own_only) or code not in row.figures:
        raise NotFound(what="number")
    one, figure = seen.catalogue.indicators[code], row.figures[code]
    found = opening.parts(one, seen.catalogue)
    given = request.GET.get("part", "")
    chosen = next((p for p in found if p.code == given), None) or next((p for p in found if not p.above and p.code != MISSED), None) or next(iter(found), None)
    query = {**wanted.query, "key": "" if is_whole else row.key, "all": "1" if is_whole else "", "indicator": code, "result": request.GET.get("result", "")}
    names = {c: texts.pick(m.name) for c, m in seen.catalogue.measures.items()}
    item = next((i for i in seen.league.scheme.items if i.indicator == code), None)
    context: dict[str, object] = {
        "wanted": wanted, "seen": seen, "row": row, "one": one, "figure": figure, "value": said(figure.value, one.unit), "name": texts.pick(one.name),
        "words": period_words(seen.league.period), "formula": explaining.formula_words(one.formula, names, unit=one.unit) if one.formula else "",
        "with_numbers": _with_numbers(one.formula, row, one.unit), "measures": _measures(found, row), "points": said(row.points.get(code), "score"),
        "weight": f"{item.weight:g}" if item else "", "target": said(one.target, one.unit) if one.target is not None else "",
        "tabs": _tabs(found, chosen, row, query), "chosen": chosen, "back": address("object", {**wanted.query, "key": row.key}) if not is_whole else "",
        "ranking_url": address("ranking", wanted.query), "live_url": address("number", {**query, "result": "", "view": "live", "part": given}),
        "kept_url": address("number", {**query, "view": "", "part": given}),
    }  # fmt: skip
    if chosen is not None:
        context |= _cases(request, wanted, seen, chosen, row, query)
    return render(request, "indicators/number.html", context)


def _seen(request: HttpRequest, wanted: Wanted) -> Seen:
    """Return the table that the number stands in: of the closed result that the address names, or as it is seen now."""
    actor, uid = actor_of(request), request.GET.get("result", "")
    if uid and not wanted.live:
        result = results.one(actor, uid)
        return Seen(results.league_of(result), results.catalogue_of(result), result, result, access.sight(actor, result.area_path))
    return tables.seen(actor, wanted.scheme.code, wanted.period, wanted.area_path, live=wanted.live, modes=wanted.modes, catalogue=wanted.catalogue)


def _with_numbers(formula: str, row: Judged, unit: str) -> str:
    """Return the formula with the numbers of this row in it."""
    if not formula:
        return ""
    return explaining.formula_words(formula, {c: "—" if v is None else f"{v:,.10g}" for c, v in row.measures.items()}, unit=unit)


def _measures(parts: list[Part], row: Judged) -> list[dict[str, Any]]:
    foreign, named = english(), value_names()
    return [
        {
            "name": texts.pick(p.measure.name), "above": p.above, "number": said(row.measures.get(p.measure.code), "count"),
            "where": explaining.condition_words(p.measure.source, p.measure.where, english=foreign, named=named),
            "on": explaining.moment_words(p.measure, english=foreign), "source": _source_words(p.measure.source), "code": p.measure.where,
            "aggregate": _aggregate_words(p.measure.aggregate), "note": p.measure.source_note,
        }
        for p in parts if p.code != MISSED
    ]  # fmt: skip


def _source_words(source: Source) -> str:
    return {Source.REPORT: _("each report"), Source.CASE: _("each case"), Source.STAGE: _("each stage of a case")}[source]


def _aggregate_words(aggregate: Aggregate) -> str:
    return {Aggregate.COUNT: _("counted"), Aggregate.SUM: _("added up"), Aggregate.AVERAGE: _("the mean of"), Aggregate.MEDIAN: _("the median of")}[aggregate]


def _tabs(parts: list[Part], chosen: Part | None, row: Judged, query: dict[str, str]) -> list[dict[str, Any]]:
    tabs = []
    for part in parts:
        label = _("Difference: counted below the line, not above") if part.code == MISSED else texts.pick(part.measure.name)
        head = "" if part.code == MISSED else _("Above the line: %(name)s") % {"name": label} if part.above else _("Below the line: %(name)s") % {"name": label}
        value = row.measures.get(part.measure.code)
        if part.without is not None and value is not None:
            value -= row.measures.get(part.without.code) or 0
        counts = part.measure.aggregate is Aggregate.COUNT and value is not None and value >= 0
        tabs.append({"label": head or label, "url": address("number", {**query, "part": part.code}), "current": part is chosen, "count": round(value) if counts and value is not None else None})
    return tabs


def _cases(request: HttpRequest, wanted: Wanted, seen: Seen, part: Part, row: Judged, query: dict[str, str]) -> dict[str, object]:
    actor = actor_of(request)
    if seen.result is not None:
        found = opening.behind_closed(actor, seen.result, seen.catalogue, part, row.kind, row.key)
    else:
        kind = ObjectKind.ALL if row.kind is ObjectKind.ALL else row.kind
        asked = Asked(period=wanted.period, as_of=seen.league.as_of, area_path=wanted.area_path, modes=wanted.modes)
        found = opening.behind(actor, asked, part, kind, row.key)
    page = found.page(cursor=request.GET.get("after", ""), size=SIZE, shown=opening.shown)
    hidden, capped = opening.hidden(found)
    return {
        "found": found, "hidden": 0 if capped else hidden, "links": links("number", {**query, "part": part.code}, page),
        "rows": [{"case": c, "url": case_url(c), "place": texts.pick(c.area.name) if c.area else "", "org": texts.pick(c.org.name) if c.org else ""} for c in page.rows],
    }
