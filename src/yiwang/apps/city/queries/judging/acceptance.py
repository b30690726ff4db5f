"""Figures for the acceptance of a system (验收): the trial run, the grids, the components, the samples."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.timezone import get_default_timezone

from yiwang.apps.city.models import AcceptanceSample
from yiwang.apps.city.queries.judging.settings import values
from yiwang.apps.city.rules.judging import acceptance as rules
from yiwang.apps.city.rules.judging.acceptance import Share
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.scopes import held
from yiwang.kernel.cases.models import Case, Clock
from yiwang.kernel.geography.models import Asset, Ownership

VIEW, DRAW = "city.judging.view", "city.judging.settle"
MODES = ("trial", "live")


@dataclass(frozen=True)
class Run:
    """Cases reported in the period, and what became of them until now."""

    reported: int
    filed: int
    dispatched: int
    handled: int
    closed: int
    closing: Share
    on_time: Share


def areas_of(actor: Actor) -> list[Area]:
    """Return the city and districts that the reader supervises, the widest first."""
    return list(Area.objects.filter(held(actor, VIEW, area="path"), valid_to__isnull=True, level__in=("city", "county", "district")).order_by("path"))


def run_of(area: Area, since: date, until: date, mode: str) -> Run:
    """Return the figures of cases reported between two days (both included); one query."""
    figures, zone = values("acceptance"), get_default_timezone()
    begin = datetime.combine(since, time.min, tzinfo=zone)
    end = datetime.combine(until, time.min, tzinfo=zone) + timedelta(days=1)
    late = Clock.objects.filter(case=OuterRef("pk"), name="case").filter(Q(consumed_minutes__gt=F("total_minutes")) | Q(stopped_at__gt=F("due_at")))
    closed = Q(number__isnull=False, closed_at__isnull=False, outcome="closed")
    rows = Case.all_modes.filter(app="city", matter__code="city.problem", mode=mode, area_path__startswith=area.path, reported_at__gte=begin, reported_at__lt=end)
    found = rows.annotate(late=Exists(late)).aggregate(
        reported=Count("pk"), filed=Count("pk", filter=Q(number__isnull=False)), dispatched=Count("pk", filter=Q(dispatched_at__isnull=False)),
        handled=Count("pk", filter=Q(handled_at__isnull=False)), closed=Count("pk", filter=closed), in_time=Count("pk", filter=closed & Q(late=False)),
    )  # fmt: skip
    in_time = found.pop("in_time")
    return Run(
        **found, closing=Share(found["closed"], found["filed"], float(figures["closing"])), on_time=Share(in_time, found["filed"], float(figures["on_time"]))
    )


_GRIDS = """
WITH grid AS MATERIALIZED (
    SELECT a.id, a.code, s.shape, p.code AS community, ps.shape AS room, u.responsibility_grid_id AS beat, ST_Area(s.shape::geography) AS m2
    FROM {area} a JOIN {shape} s ON s.area_id = a.id LEFT JOIN {area} p ON p.id = a.parent_id LEFT JOIN {shape} ps ON ps.area_id = p.id
    LEFT JOIN {unit} u ON u.area_id = a.id
    WHERE a.level = 'grid' AND a.valid_to IS NULL AND a.path LIKE %(path)s
)
SELECT count(*), count(*) FILTER (WHERE code !~ %(pattern)s), count(*) FILTER (WHERE community IS NULL OR left(code, 12) <> left(community, 12)),
       count(*) FILTER (WHERE NOT ST_IsValid(shape)),
       (SELECT count(*) FROM grid x JOIN grid y ON x.id < y.id AND x.shape && y.shape AND ST_Relate(x.shape, y.shape, '2********')
        WHERE ST_Area(ST_Intersection(x.shape, y.shape)::geography) > 1),
       count(*) FILTER (WHERE room IS NOT NULL AND NOT ST_Covers(ST_Buffer(room, 0.000005), shape)),
       count(*) FILTER (WHERE m2 < %(least)s OR m2 > %(most)s), count(*) FILTER (WHERE beat IS NULL)
FROM grid"""


def grid_errors(area: Area) -> tuple[int, list[tuple[str, int]]]:
    """Return how many unit grids there are, and (rule, how many are against it); docs/reference/grid-rules.md has the rules."""
    from yiwang.kernel.geography.models import AreaShape, UnitGrid

    figures = values("acceptance")
    sql = _GRIDS.format(area=Area._meta.db_table, shape=AreaShape._meta.db_table, unit=UnitGrid._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(sql, {
            "path": f"{area.path}%", "pattern": settings.GRID_CODE_PATTERN, "least": figures["grid_min_m2"], "most": figures["grid_max_m2"],
        })  # fmt: skip
        total, *wrong = cursor.fetchone()
    return total, list(zip(("G01", "G02–G03", "G04", "G05", "G07", "G10", "G13"), wrong, strict=True))


def components(area: Area) -> QuerySet[Asset]:
    return Asset.objects.filter(area_path__startswith=area.path)


def ownership(area: Area) -> Share:
    """Return how many components have a confirmed owner (确权率)."""
    found = components(area).aggregate(whole=Count("pk"), part=Count("pk", filter=Q(ownership=Ownership.CONFIRMED)))
    return Share(found["part"], found["whole"], float(values("acceptance")["ownership"]))


def samples(actor: Actor, area: Area) -> QuerySet[AcceptanceSample]:
    return visible_samples(actor).filter(area=area).order_by("-drawn_at", "-pk")


def visible_samples(actor: Actor) -> QuerySet[AcceptanceSample]:
    return AcceptanceSample.objects.filter(held(actor, VIEW)).select_related("area")


def sample_for(actor: Actor, uid: UUID) -> AcceptanceSample:
    found = visible_samples(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="sample")
    return found


def redrawn(sample: AcceptanceSample) -> tuple[bool, bool]:
    """Return whether the components are still those of the draw, and whether drawing again gives the same ones."""
    codes = list(components(sample.area).values_list("code", flat=True))
    return rules.fingerprint(codes) == sample.population_sha256, rules.draw(sample.seed, codes, sample.size) == list(sample.codes)


def rows_of(sample: AcceptanceSample) -> list[dict[str, Any]]:
    """Return the components of a sample in the order of the draw; what has gone since says so by having no name."""
    known = {a.code: a for a in Asset.objects.filter(code__in=sample.codes)}
    return [
        {"code": code, "asset": known.get(code), "address": (known[code].address or known[code].road) if code in known else ""} for code in sample.codes
    ]
