"""Judging over the JSON API (/api/v1/indicators/): rankings, one number with its cases, definitions; the same rights as the pages."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from yiwang.kernel.base.api import InputProblem, Problem, Text, answer
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.doors import api_door
from yiwang.kernel.indicators.contracts import Asked, Judged, ObjectKind
from yiwang.kernel.indicators.pages.common import actor_of, period_of
from yiwang.kernel.indicators.queries import access, choices, opening, tables, trying
from yiwang.kernel.indicators.queries.tables import Seen
from yiwang.kernel.indicators.services.defining import EDIT

router = Router(tags=["indicators"])
Word = Annotated[Text, Field(max_length=100)]


class FigureOut(Schema):
    """One number: the value (null: nothing to count), what it was divided from, and its points."""

    value: float | None
    numerator: float | None
    denominator: float | None
    points: float | None


class RowOut(Schema):
    """One object. `rank` and `score` are null when it is not ranked."""

    key: str
    name: str
    rank: int | None
    score: float | None
    grade: str
    figures: dict[str, FigureOut]


class LeagueOut(Schema):
    """A ranking; `result` names the closed result that it was taken from, empty for figures of the moment."""

    scheme: str
    version: int
    period: str
    area: str
    as_of: str
    result: str
    published: bool
    own_only: bool
    rows: list[RowOut]
    whole: RowOut | None


class PartOut(Schema):
    """What stands above or below the line."""

    code: str
    above: bool
    number: float | None


class CaseOut(Schema):
    """A case behind a number, as far as the reader may see it."""

    uid: str
    number: str | None
    title: str


class NumberOut(Schema):
    """A number taken apart, and one page of the cases behind one part of it."""

    indicator: str
    formula: str
    value: float | None
    numerator: float | None
    denominator: float | None
    parts: list[PartOut]
    part: str
    facts: int
    cases: int
    hidden: int
    items: list[CaseOut]
    next: str


class DefinitionOut(Schema):
    """The newest version of a definition."""

    kind: str
    code: str
    version: int
    valid_from: str
    is_retired: bool
    origin: str
    body: dict[str, Any]


_FAULTS: dict[int, Any] = {401: Problem, 403: Problem, 404: Problem, 422: InputProblem, 429: Problem}


def _seen(request: HttpRequest, scheme: str, period: str, area: str, *, live: bool) -> tuple[Seen, str]:
    found = choices.area_of(area)
    path = found.path if found else ""
    return tables.seen(actor_of(request), scheme, period_of(period, "", ""), path, live=live), path


def _row(row: Judged) -> dict[str, Any]:
    return {
        "key": row.key, "name": row.name, "rank": row.rank, "score": row.score, "grade": row.grade,
        "figures": {
            code: {"value": f.value, "numerator": f.numerator, "denominator": f.denominator, "points": row.points.get(code)} for code, f in row.figures.items()
        },
    }  # fmt: skip


@router.get("/indicators/league", auth=api_door(access.VIEW), summary="A ranking", response={200: LeagueOut, **_FAULTS})
def league(
    request: HttpRequest,
    scheme: Annotated[Word, Query(..., description="code of a scheme")],
    period: Annotated[Word, Query(..., description="month:2026-10-01, week:..., range:2026-10-05:2026-10-20")],
    area: Annotated[Word, Query("", description="code of an area; empty: everything")] = "",
    live: Annotated[bool, Query(False, description="figures of the moment although the period is closed")] = False,
) -> Any:
    """Return a ranking as the reader sees it: the closed result when there is one; who may not see the moment gets his own rows."""
    seen, _path = _seen(request, scheme, period, area, live=live)
    table = seen.league
    return answer({
        "scheme": table.scheme.code, "version": table.scheme.version, "period": table.period.code, "area": area, "as_of": table.as_of.isoformat(),
        "result": str(seen.result.uid) if seen.result else "", "published": bool(seen.result and seen.result.published_at), "own_only": seen.own_only,
        "rows": [_row(r) for r in table.rows], "whole": None if seen.own_only else _row(table.whole),
    })  # fmt: skip


@router.get("/indicators/number", auth=api_door(access.VIEW), summary="A number opens", response={200: NumberOut, **_FAULTS})
def number(
    request: HttpRequest,
    scheme: Annotated[Word, Query(...)],
    period: Annotated[Word, Query(...)],
    indicator: Annotated[Word, Query(...)],
    key: Annotated[Word, Query("", description="of the object; empty: all together")] = "",
    part: Annotated[Word, Query("", description="a measure of the formula, or missed")] = "",
    area: Annotated[Word, Query("")] = "",
    live: Annotated[bool, Query(False)] = False,
    cursor: Annotated[Text, Query("", max_length=2000)] = "",
    size: Annotated[int, Query(50, ge=1, le=200)] = 50,
) -> Any:
    """Return formula, numerator and denominator of one number, and a page of the cases behind one part of it."""
    actor = actor_of(request)
    seen, path = _seen(request, scheme, period, area, live=live)
    row = seen.row(key) if key else None if seen.own_only else seen.league.whole
    if row is None or indicator not in row.figures:
        raise NotFound(what="number")
    one, figure = seen.catalogue.indicators[indicator], row.figures[indicator]
    found = opening.parts(one, seen.catalogue)
    chosen = next((p for p in found if p.code == part), None) if part else next((p for p in found if not p.above), next(iter(found), None))
    if chosen is None:
        raise NotFound(what="part")
    if seen.result is not None:
        behind = opening.behind_closed(actor, seen.result, seen.catalogue, chosen, row.kind, row.key)
    else:
        asked = Asked(period=seen.league.period, as_of=seen.league.as_of, area_path=path)
        behind = opening.behind(actor, asked, chosen, ObjectKind(row.kind), row.key)
    page = behind.page(cursor=cursor, size=size)
    hidden, capped = opening.hidden(behind)
    return answer({
        "indicator": indicator, "formula": one.formula, "value": figure.value, "numerator": figure.numerator, "denominator": figure.denominator,
        "parts": [{"code": p.code, "above": p.above, "number": row.measures.get(p.measure.code) if p.without is None else None} for p in found],
        "part": chosen.code, "facts": behind.facts, "cases": behind.cases, "hidden": 0 if capped else hidden,
        "items": [{"uid": str(c.uid), "number": c.number, "title": c.title} for c in page.rows], "next": page.next,
    })  # fmt: skip


@router.get("/indicators/definitions", auth=api_door(access.VIEW, EDIT), summary="Definitions", response={200: list[DefinitionOut], **_FAULTS})
def definitions(request: HttpRequest) -> Any:
    """Return the newest version of every measure, indicator and scheme."""
    return answer([
        {"kind": d.kind, "code": d.code, "version": d.version, "valid_from": d.valid_from.isoformat(), "is_retired": d.is_retired, "origin": d.origin, "body": d.body}
        for d in trying.listed()
    ])

