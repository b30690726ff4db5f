"""The table that one reader sees of one period (看到的排名表): the closed result where there is one, else the moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.indicators.contracts import AREA_KINDS, Catalogue, Judged, League, ObjectKind, Period
from yiwang.kernel.indicators.models import Result
from yiwang.kernel.indicators.queries import access, league, results
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries.access import Sight
from yiwang.kernel.indicators.rules import periods

LIVE = ("live",)


@dataclass(frozen=True)
class Seen:
    """A league as its reader sees it. `own_only`: nothing is published yet, so he sees his own rows, without ranks."""

    league: League
    catalogue: Catalogue
    result: Result | None
    kept: Result | None  # a closed result there is, whichever of both is shown
    sight: Sight
    own_only: bool = False

    def row(self, key: str) -> Judged | None:
        return next((r for r in self.league.rows if r.key == key), None)


def seen(
    actor: Actor, scheme: str, period: Period, area_path: str = "", *, live: bool = False, modes: tuple[str, ...] = LIVE,
    catalogue: Catalogue | None = None,
) -> Seen:  # fmt: skip
    """Return the table of a scheme and period for a reader; `live` asks for the moment although the period is closed.

    Raises
    ------
    NotFound
        There is no such scheme.
    """
    sight = access.sight(actor, area_path)
    kept = results.newest(actor, scheme, period, area_path) if modes == LIVE else None
    if kept is not None and not live:
        return Seen(results.league_of(kept), results.catalogue_of(kept), kept, kept, sight)
    told = catalogue or catalogues.on_day(period.last)
    table = league.of_scheme(scheme, period, area_path=area_path, modes=modes, catalogue=told)
    if sight.whole:
        return Seen(table, told, None, kept, sight)
    own = sight.own(table.scheme.judges, [r.key for r in table.rows])
    rows = [replace(r, rank=None) for r in table.rows if r.key in own]
    return Seen(replace(table, rows=rows), told, None, kept, sight, own_only=True)


def before(actor: Actor, now: Seen, *, same_last_year: bool = False, modes: tuple[str, ...] = LIVE, area_path: str = "") -> Seen | None:
    """Return the table of the period before (or the same a year ago), as the same reader sees it; None where the scheme did not hold."""
    past = periods.last_year(now.league.period) if same_last_year else periods.before(now.league.period)
    told = catalogues.on_day(past.last)
    if now.league.scheme.code not in told.schemes:
        return None
    return seen(actor, now.league.scheme.code, past, area_path, modes=modes, catalogue=told)


def trail(
    actor: Actor, scheme: str, period: Period, count: int, area_path: str = "", *, modes: tuple[str, ...] = LIVE
) -> list[tuple[Period, Mapping[str, Judged]]]:
    """Return the rows by key in the period and those before it, oldest first: statements by period, whatever the objects."""
    found: list[tuple[Period, Mapping[str, Judged]]] = []
    for one in periods.trail(period, count):
        told = catalogues.on_day(one.last)
        rows: Sequence[Judged] = ()
        if scheme in told.schemes:
            table = seen(actor, scheme, one, area_path, modes=modes, catalogue=told)
            rows = [*table.league.rows, *([] if table.own_only else [table.league.whole])]
        found.append((one, {r.key: r for r in rows}))
    return found


def is_area(kind: ObjectKind) -> bool:
    return kind in AREA_KINDS or kind is ObjectKind.BEAT
