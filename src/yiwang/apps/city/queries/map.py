"""Open cases as map features: coloured by what is left of their limit, counted in cells when the map is far away."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.gis.db.models import Extent
from django.db.models import Avg, Count, FloatField, Func, Min, Q, QuerySet
from django.db.models.functions import Floor
from django.utils import timezone

from yiwang.apps.city.queries.lists import CaseFilter, as_rows, cases
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import clocks
from yiwang.kernel.cases.queries.clocks import ClockLine
from yiwang.kernel.cases.queries.places import X, Y, case_url, lonlat_of
from yiwang.kernel.geography.models import AreaShape

LIMIT = 2000
CLUSTER_BELOW_ZOOM = 13.5
CELL_PIXELS = 64
Box = tuple[float, float, float, float]


def tone_of(case: Case, clock: ClockLine | None) -> str:
    """Return the colour of a case on maps, the same as its chip has: paused, done, overdue, soon or in time."""
    if case.closed_at is not None:
        return "done"
    if case.suspended_until is not None:
        return "paused"
    return clock.tone if clock is not None else "in_time"


def feature(case: Case, clock: ClockLine | None = None) -> dict[str, Any]:
    """Return one case as a GeoJSON point; the same words as in the list."""
    place = lonlat_of(case)
    if place is None:
        raise ValueError("a case without a point is not on the map")
    config = configs.of_version(case.matter_version_id)
    due = timezone.localtime(case.due_at).strftime("%Y-%m-%d %H:%M") if case.due_at else ""
    return {
        "type": "Feature", "id": case.pk,
        "geometry": {"type": "Point", "coordinates": [round(place[0], 6), round(place[1], 6)]},
        "properties": {
            "uid": str(case.uid), "code": case.number or "", "title": case.title, "status": config.state_name(case.state),
            "due": due, "address": case.address, "tone": tone_of(case, clock), "href": case_url(case),
        },
    }  # fmt: skip


def features(rows: Iterable[Case], running: Mapping[int, ClockLine] | None = None) -> dict[str, Any]:
    """Return the cases as a collection; two queries for the clocks of all of them unless they are given."""
    found = [c for c in rows if lonlat_of(c) is not None]
    if running is None:
        running = clocks.of_cases(found)
    return {"type": "FeatureCollection", "features": [feature(c, running.get(c.pk)) for c in found]}


def _in_box(rows: QuerySet[Case], box: Box) -> QuerySet[Case]:
    from django.contrib.gis.geos import Polygon

    area = Polygon.from_bbox(box)
    area.srid = 4326
    return rows.filter(point__bboverlaps=area)


def extent(rows: QuerySet[Case]) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north around the cases, a little wider; None for none."""
    box = rows.order_by().aggregate(box=Extent("point"))["box"]
    if box is None:
        return None
    west, south, east, north = box
    margin = max(0.002, (east - west) / 10, (north - south) / 10)
    return west - margin, south - margin, east + margin, north + margin


def home_bounds(actor: Actor) -> tuple[float, float, float, float] | None:
    """Return the box of the areas that the actor's posts cover, so that his map begins at home; None for the whole."""
    paths = {s.area_path for g in actor.grants for s in (g.scope,) if s.area_path}
    boxes = AreaShape.objects.filter(area_path__in=paths).aggregate(box=Extent("shape"))["box"] if paths else None
    return tuple(boxes) if boxes else None


def open_case_features(actor: Actor, bbox: Box, zoom: float, **filters: str) -> dict[str, Any]:
    """Return the map layer `city.open_cases`: every open case of the box, or counts in cells of 64 pixels far away.

    Takes the filters of the case list. A cell with an overdue case has the tone of it.
    """
    given = {("class" if k == "class_code" else k): v for k, v in filters.items()}
    wanted = CaseFilter.read({**given, "state": given.get("state") or "open"})
    rows = _in_box(cases(actor, wanted).order_by(), bbox)
    if zoom >= CLUSTER_BELOW_ZOOM:
        found = list(as_rows(rows).order_by("due_at", "pk")[: LIMIT + 1])
        return {**features(found[:LIMIT]), "truncated": len(found) > LIMIT}
    size = CELL_PIXELS * 360 / (256 * 2**zoom)
    cells = (
        rows.annotate(x=X("point"), y=Y("point"))
        .annotate(column=Floor(Func("x", size, template="%(expressions)s", arg_joiner=" / ", output_field=FloatField())),
                  line=Floor(Func("y", size, template="%(expressions)s", arg_joiner=" / ", output_field=FloatField())))
        .values("column", "line").annotate(
            count=Count("pk", distinct=True), lon=Avg("x"), lat=Avg("y"), due=Min("due_at", filter=Q(suspended_until__isnull=True)),
        ).order_by("-count")[:LIMIT]
    )  # fmt: skip
    moment = now()

    def tone(due: Any) -> str:
        return "overdue" if due is not None and due < moment else "in_time"

    return {
        "type": "FeatureCollection", "clustered": True,
        "features": [
            {
                "type": "Feature", "geometry": {"type": "Point", "coordinates": [round(c["lon"], 6), round(c["lat"], 6)]},
                "properties": {"cluster": True, "count": c["count"], "tone": tone(c["due"])},
            }
            for c in cells
        ],
    }  # fmt: skip
