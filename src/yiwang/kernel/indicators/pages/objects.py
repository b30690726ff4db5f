"""One object's score card (评价对象得分卡): what pulled it down, how it went before, what is still undone."""

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
from yiwang.kernel.indicators.contracts import Judged
from yiwang.kernel.indicators.pages.common import Wanted, actor_of, address, grade_of, period_words, read, said, signed
from yiwang.kernel.indicators.pages.ranking import number_query, undone
from yiwang.kernel.indicators.queries import appeals, tables
from yiwang.kernel.indicators.queries.access import VIEW
from yiwang.kernel.indicators.queries.tables import Seen
from yiwang.kernel.indicators.rules import movement, periods

TREND = 12
ENOUGH = 0.005  # of a score: what rounds to nothing pulled nothing


@never_cache
@require_GET
@door(VIEW)
def card(request: HttpRequest) -> HttpResponse:
    """GET /indicators/object/?scheme=&period=&area=&key=: the score card of one department, person, street ..."""
    actor, wanted, key = actor_of(request), read(request), request.GET.get("key", "")
    seen = tables.seen(actor, wanted.scheme.code, wanted.period, wanted.area_path, live=wanted.live, modes=wanted.modes, catalogue=wanted.catalogue)
    row = seen.row(key)
    if row is None:
        raise NotFound(what="object")
    before = tables.before(actor, seen, modes=wanted.modes, area_path=wanted.area_path)
    year = tables.before(actor, seen, same_last_year=True, modes=wanted.modes, area_path=wanted.area_path)
    past, last = before.row(key) if before else None, year.row(key) if year else None
    share = undone(seen, row)
    found, more = appeals.open_of(actor, seen.league.scheme.judges, key)
    query = {**wanted.query, "key": key}
    context: dict[str, object] = {
        "wanted": wanted, "seen": seen, "row": row, "words": period_words(wanted.period), "before_words": period_words(periods.before(wanted.period)),
        "last_year_words": period_words(periods.last_year(wanted.period)), "score": said(row.score, "score"), "grade": grade_of(seen.league.scheme, row),
        "ranked": sum(r.rank is not None for r in seen.league.rows), "past": past, "past_score": said(past.score if past else None, "score"),
        "change": signed(row.score - past.score) if past and row.score is not None and past.score is not None else "",
        "year_change": signed(row.score - last.score) if last and row.score is not None and last.score is not None else "", "last_score": said(last.score if last else None, "score"),
        "why": _why(seen, row, past), "moves": _moves(wanted, seen, row, past), "lines": _lines(wanted, seen, row, past, last),
        "share": said(share, "percent"), "back": address("ranking", wanted.query), "trend_url": address("trend", query),
        "appeals": [{"case": t.case, "url": case_url(t.case), "at": t.opened_at} for t in found], "more_appeals": more,
        "live_url": address("object", {**query, "view": "live"}), "kept_url": address("object", {**query, "view": ""}),
        "steps": _steps(wanted, key),
    }  # fmt: skip
    return render(request, "indicators/object.html", context)


def _steps(wanted: Wanted, key: str) -> dict[str, str]:
    at = {**wanted.query, "key": key}
    return {
        "before": address("object", {**at, "period": periods.before(wanted.period).code}),
        "next": address("object", {**at, "period": periods.following(wanted.period).code}),
    }


def _name(seen: Seen, code: str) -> str:
    return texts.pick(seen.catalogue.indicators[code].name)


def _why(seen: Seen, row: Judged, past: Judged | None) -> str:
    """Say in one sentence what moved the score most."""
    found = movement.moves(seen.league.scheme, row, past)
    if not found or past is None or row.score is None or past.score is None:
        return ""
    change = row.score - past.score
    if abs(change) < ENOUGH:
        return _("The score is as it was.")
    strongest = [m for m in (found if change < 0 else found[::-1]) if abs(m.pull) >= ENOUGH and (m.pull < 0) == (change < 0)][:2]
    parts = [
        _("%(name)s %(was)s → %(now)s (%(pull)s)") % {
            "name": _name(seen, m.indicator), "was": said(m.was, seen.catalogue.indicators[m.indicator].unit),
            "now": said(m.value, seen.catalogue.indicators[m.indicator].unit), "pull": signed(m.pull),
        } for m in strongest
    ]  # fmt: skip
    facts = {"was": said(past.score, "score"), "now": said(row.score, "score"), "change": signed(change), "parts": _(", ").join(parts)}
    if change < 0:
        return _("The score fell from %(was)s to %(now)s (%(change)s). What pulled it down most: %(parts)s.") % facts
    return _("The score rose from %(was)s to %(now)s (%(change)s). What lifted it most: %(parts)s.") % facts


def _moves(wanted: Wanted, seen: Seen, row: Judged, past: Judged | None) -> list[dict[str, Any]]:
    found = movement.moves(seen.league.scheme, row, past)
    most = max((abs(m.pull) for m in found), default=0.0) or 1.0
    return [
        {
            "name": _name(seen, m.indicator), "weight": f"{m.weight:g}", "was": said(m.was, seen.catalogue.indicators[m.indicator].unit),
            "now": said(m.value, seen.catalogue.indicators[m.indicator].unit), "were": said(m.were, "score"), "points": said(m.points, "score"),
            "pull": signed(m.pull), "down": m.pull <= -ENOUGH, "up": m.pull >= ENOUGH, "bar": round(100 * abs(m.pull) / most),
            "url": address("number", {**number_query(wanted, seen, row, m.indicator), "part": "missed"}),
        }
        for m in found
    ]  # fmt: skip


def _lines(wanted: Wanted, seen: Seen, row: Judged, past: Judged | None, last: Judged | None) -> list[dict[str, Any]]:
    lines = []
    for item in seen.league.scheme.items:
        one, figure = seen.catalogue.indicators[item.indicator], row.figures.get(item.indicator)
        old, year = (p.figures.get(item.indicator) if p else None for p in (past, last))
        value = figure.value if figure else None
        missed = one.target is not None and value is not None and (value < one.target if one.higher_is_better else value > one.target)
        lines.append({
            "name": texts.pick(one.name), "value": said(value, one.unit), "points": said(row.points.get(item.indicator), "score"), "weight": f"{item.weight:g}",
            "of": "" if figure is None or figure.denominator is None else f"{figure.numerator or 0:,.0f} / {figure.denominator:,.0f}",
            "before": said(old.value if old else None, one.unit), "year": said(year.value if year else None, one.unit),
            "target": said(one.target, one.unit) if one.target is not None else "", "missed": missed,
            "url": address("number", number_query(wanted, seen, row, item.indicator)),
        })  # fmt: skip
    return lines


@never_cache
@require_GET
@door(VIEW)
def trend(request: HttpRequest) -> HttpResponse:
    """GET /indicators/object/trend/?...: twelve periods of an object, as a chart (HTMX part)."""
    actor, wanted, key = actor_of(request), read(request), request.GET.get("key", "")
    found = tables.trail(actor, wanted.scheme.code, wanted.period, TREND, wanted.area_path, modes=wanted.modes)
    scores = [rows[key].score if key in rows else None for _p, rows in found]
    chart = {
        "type": "line", "title": _("Score in the last twelve periods"), "unit": _("points"), "x_label": _("Period"),
        "x": [p.first.isoformat()[:7] if p.kind.value in ("month", "quarter", "half", "year") else p.first.isoformat()[5:] for p, _rows in found],
        "series": [
            {"name": _("Score"), "values": scores, "links": [address("object", {**wanted.query, "key": key, "period": p.code}) for p, _rows in found]},
            {"name": _("All together"), "values": [rows[""].score if "" in rows else None for _p, rows in found], "tone": "done"},
        ],
    }  # fmt: skip
    return render(request, "indicators/trend.html", {"chart": chart})
