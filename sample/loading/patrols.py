"""The last day's shifts of some inspectors (考勤、轨迹), through the platform's own services: signed in, walked, signed out."""

import math
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID

from django.contrib.gis.geos import Point

from sample.loading import living
from sample.spec import ZONE, Spec
from yiwang.apps.city.contracts import FieldAct, FieldPlace, Fix, NoFix
from yiwang.apps.city.models import FieldMark, NoFixSpan, Position
from yiwang.apps.city.services import field
from yiwang.kernel.audit.services import ensure_partitions
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid
from yiwang.kernel.identity.queries import actor_for

MOST = 8  # inspectors: enough to look at, little to load
EVERY_S, SPEED_M_S = 20, 1.1
METRES = 111_000.0


def play(spec: Spec) -> int:
    """Let the shown inspector and a few others work on the last day; returns how many did."""
    day = spec.as_of - timedelta(days=1)
    ensure_partitions(day, day, [m._meta.db_table for m in (FieldMark, Position, NoFixSpan)])
    rows = GridInspector.objects.filter(valid_to__isnull=True, is_substitute=False, grid__shape__isnull=False).select_related("account", "grid")
    by_account = {row.account_id: row for row in rows.order_by("-grid__code")}
    chosen = sorted(by_account.values(), key=lambda r: (r.account.username != "inspector", r.grid.code))[:MOST]
    with living.staged(spec.stream("patrols")) as stage:
        for row in chosen:
            shift(stage, row, datetime.combine(day, time(8), ZONE), Random(f"patrol:{row.grid.code}"))
    return len(chosen)


def shift(stage: living.Moment, row: GridInspector, eight: datetime, rng: Random) -> None:
    """Let an inspector patrol his grid for half a working day and more from about `eight`."""
    actor, begin = actor_for(row.account), eight + timedelta(minutes=rng.randrange(-10, 12))
    way = _way(row.grid, rng)
    here = next(way)
    sign_in = _act(stage, "shift_in", begin, FieldPlace(*here, accuracy_m=9.0), grid_uid=str(row.grid.uid))
    field.take(actor=actor, act=sign_in)
    moment = begin
    for piece in range(8):  # half an hour each, as a phone sends them; at noon the screen is locked
        if piece == 4:
            rest = moment + timedelta(minutes=rng.randrange(50, 90))
            _send(stage, actor, sign_in.uid, rest, [], [NoFix(moment, rest, "screen_locked")])
            moment = rest
        points = []
        for _n in range(30 * 60 // EVERY_S):
            moment, here = moment + timedelta(seconds=EVERY_S), next(way)
            points.append(Fix(moment, *here, accuracy_m=float(rng.randrange(4, 18))))
        _send(stage, actor, sign_in.uid, moment, points, [])
    field.take(actor=actor, act=_act(stage, "shift_out", moment + timedelta(minutes=5), FieldPlace(*here, accuracy_m=8.0)))


def _act(stage: living.Moment, kind: str, at: datetime, place: FieldPlace, **data: str) -> FieldAct:
    stage.moment = at
    return FieldAct(uid=uuid7(), kind=kind, occurred_at=at, sent_at=at, place=place, data=data)


def _send(stage: living.Moment, actor: Actor, shift: UUID, at: datetime, points: list[Fix], gaps: list[NoFix]) -> None:
    stage.moment = at
    field.take_track(actor=actor, uid=uuid7(), shift_uid=shift, sent_at=at, points=points, gaps=gaps)


def _way(grid: ResponsibilityGrid, rng: Random) -> Iterator[tuple[float, float]]:
    """Yield places of somebody who walks from one point of the grid to the next."""
    west, south, east, north = grid.shape.extent
    across = METRES * math.cos(math.radians(south))

    def somewhere() -> tuple[float, float]:
        for _try in range(50):
            x, y = rng.uniform(west, east), rng.uniform(south, north)
            if grid.shape.contains(Point(x, y, srid=4326)):
                return x, y
        return grid.shape.centroid.x, grid.shape.centroid.y

    here = somewhere()
    while True:
        goal = somewhere()
        steps = max(1, round(math.hypot((goal[0] - here[0]) * across, (goal[1] - here[1]) * METRES) / (SPEED_M_S * EVERY_S)))
        for n in range(1, steps + 1):
            yield round(here[0] + (goal[0] - here[0]) * n / steps, 7), round(here[1] + (goal[1] - here[1]) * n / steps, 7)
        here = goal
