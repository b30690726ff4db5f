"""The macro-economic base over the JSON API (/api/v1/economy/): series and their figures, as known now or on a date."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.rules.economy.measures import IN_UNIT, measure, rounded
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.api import InputProblem, Problem, Text, answer
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["economy"])
Word = Annotated[Text, Field(max_length=100)]


class SeriesOut(Schema):
    """One series. `kind` is flow, stock, index or rate; `period` month, quarter, half or year; `unit` as the sheets have it (亿元)."""

    uid: UUID
    code: str
    indicator: str
    name: dict[str, str]
    theme: str
    area: str
    body: str
    caliber: dict[str, str]
    unit: str
    kind: str
    period: str
    cumulative: bool
    index_base: str
    price: str
    grade: int


class SeriesList(Schema):
    items: list[SeriesOut]
    next: str = Field(description="cursor of the next page, empty at the end")


class FigureOut(Schema):
    """One period's figure with what is reckoned from it; null where it cannot be reckoned."""

    period: str = Field(description="2026, 2026H1, 2026Q3 or 2026-03")
    value: float
    status: str = Field(description="preliminary, revised or final")
    revision: int
    released_on: date
    reckoned: dict[str, float | None]


class FigureList(Schema):
    series: SeriesOut
    as_of: date | None
    figures: list[FigureOut]


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _series(one: Any) -> dict[str, Any]:
    return {
        "uid": one.uid, "code": one.code, "indicator": one.indicator.code, "name": one.indicator.name, "theme": one.indicator.theme, "area": one.area.code, "body": one.org.code,
        "caliber": one.caliber, "unit": one.unit, "kind": one.kind, "period": one.period_kind, "cumulative": one.is_cumulative, "index_base": one.index_base, "price": one.price, "grade": one.grade,
    }  # fmt: skip


_REFUSALS = {401: Problem, 403: Problem, 422: InputProblem, 429: Problem}


@router.get("/economy/series", auth=api_door(reads.VIEW), summary="Series of the macro-economic base", response={200: SeriesList, **_REFUSALS})
def economy_series_list(request: HttpRequest, theme: Annotated[Word, Query("")] = "", area: Annotated[Word, Query("")] = "", cursor: Annotated[Text, Query("", max_length=2000)] = "") -> Any:
    """Return the series that the caller sees, by code; fifty at a time."""
    rows = reads.series(_actor(request))
    if theme:
        rows = rows.filter(indicator__theme=theme)
    if area:
        rows = rows.filter(area__code=area)
    page = page_by_key(rows, sort="code", descending=False, cursor=cursor)
    return answer({"items": [_series(s) for s in page.rows], "next": page.next})


@router.get("/economy/series/{uuid:uid}", auth=api_door(reads.VIEW), summary="Figures of one series", response={200: FigureList, 404: Problem, **_REFUSALS})
def economy_figures(request: HttpRequest, uid: UUID, as_of: Annotated[date | None, Query(None, description="what was known on this date; now when left out")] = None) -> Any:
    """Return the figures of a series: of each period the newest that its source had released by then."""
    found = reads.series_for(_actor(request), uid)
    given, told = reads.given([found], as_of)
    mine = given[found.pk]
    reckoned = {name: measure(name, mine) for name in mine.has if name != "value"}
    places = {name: found.decimals if name in IN_UNIT else 4 for name in reckoned}
    figures = [
        {"period": str(p), "value": float(t.value), "status": t.status, "revision": t.revision, "released_on": t.released_on,
         "reckoned": {name: None if (v := rounded(values.get(p), places[name])) is None else float(v) for name, values in reckoned.items()}}
        for p, t in figures_of(told[found.pk])
    ]  # fmt: skip
    return answer({"series": _series(found), "as_of": as_of, "figures": figures})


def figures_of(told: Any) -> list[Any]:
    return sorted(told.items())
