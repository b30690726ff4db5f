"""Rankings (排名) of the moment: everybody of a scheme's kind with figures, score and rank; and trends of one object."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.registry import dotted, manifests
from yiwang.kernel.indicators.contracts import (
    NOBODY,
    Asked,
    Catalogue,
    Figure,
    Indicator,
    Judged,
    League,
    ObjectKind,
    Period,
    Scheme,
)
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import evaluate, objects
from yiwang.kernel.indicators.rules import periods, scoring


def scheme_of(catalogue: Catalogue, code: str) -> Scheme:
    """Return a scheme by its code. Raises NotFound."""
    found = catalogue.schemes.get(code)
    if found is None:
        raise NotFound(what="scheme")
    return found


def judged_at(period: Period, moment: datetime | None = None) -> datetime:
    """Return as of when a period is judged: its end, or this moment while it runs."""
    moment = moment or now()
    ends = [periods.bounds(period, zone)[1] for zone in set(evaluate.zones().values())]
    return min([moment, *ends])


def of_scheme(
    code: str, period: Period, *, area_path: str = "", org_path: str = "", modes: tuple[str, ...] = ("live",),
    as_of: datetime | None = None, catalogue: Catalogue | None = None,
) -> League:  # fmt: skip
    """Judge everybody of the scheme's kind in a period, best first; the whole county (or area) beside them.

    A constant number of statements: one for each source and date that the scheme's measures count by.
    """
    found = catalogue or catalogues.on_day(period.last)
    scheme = scheme_of(found, code)
    indicators = [found.indicators[i.indicator] for i in scheme.items]
    asked = Asked(
        period=period, as_of=as_of or judged_at(period), kinds=tuple(dict.fromkeys((ObjectKind.ALL, scheme.judges))),
        area_path=area_path, org_path=org_path, modes=modes,
    )  # fmt: skip
    rows = _rows(asked, scheme, found, indicators)
    whole = next(r for r in rows if r.kind is ObjectKind.ALL)
    others = [r for r in rows if r.kind is scheme.judges and r.key != NOBODY]
    return League(scheme, period, asked.as_of, scoring.rank([scoring.judge(scheme, r) for r in others]), scoring.judge(scheme, whole))


def _rows(asked: Asked, scheme: Scheme, catalogue: Catalogue, indicators: Sequence[Indicator]) -> list[Judged]:
    wanted = evaluate.needed(catalogue, indicators)
    numbers = evaluate.measures(asked, wanted)
    told = functions(asked, indicators, scheme.judges)
    kind = scheme.judges
    people = objects.population(scheme, area_path=asked.area_path, org_path=asked.org_path)
    keys = {k for k_kind, k in numbers if k_kind is kind} | {k for by_key in told.values() for k in by_key}
    if people.all is not None:
        keys &= people.all  # a dispatcher is not judged as an inspector because he once reported something
    names = objects.names(kind, sorted((keys | people.present) - {NOBODY}))
    all_keys = [(ObjectKind.ALL, "")] if kind is ObjectKind.ALL else [(ObjectKind.ALL, ""), *((kind, k) for k in sorted(keys | people.present))]
    return [
        evaluate.judged(
            key, objects.nobody(ObjectKind.ALL) if key[0] is ObjectKind.ALL else names.get(key[1], key[1]),
            evaluate.completed(numbers.get(key, {}), wanted), indicators, told,
        )
        for key in all_keys
    ]  # fmt: skip


def functions(asked: Asked, indicators: Sequence[Indicator], kind: ObjectKind) -> dict[str, Mapping[str, Figure]]:
    """Ask the named functions: f(asked, kind) -> {key: Figure}; the empty key is all together."""
    known = {i.code: i.compute for m in manifests().values() for i in m.indicators}
    found: dict[str, Mapping[str, Figure]] = {}
    for one in indicators:
        if one.function and one.function in known:
            found[one.code] = dotted(known[one.function])(asked, kind)
    return found


def trend(code: str, period: Period, key: str, *, count: int = 12, area_path: str = "") -> list[tuple[Period, Judged | None]]:
    """Return an object's row in the period and those before it, oldest first (趋势); None where it had none."""
    found: list[tuple[Period, Judged | None]] = []
    for one in periods.trail(period, count):
        league = of_scheme(code, one, area_path=area_path)
        found.append((one, next((r for r in league.rows if r.key == key), None)))
    return found
