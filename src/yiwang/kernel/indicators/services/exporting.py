"""Taking tables of judging out: through the house's export, marked, numbered and on record."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.files.exports import Column, Exported, Table, take
from yiwang.kernel.indicators.contracts import Catalogue, Judged, League
from yiwang.kernel.indicators.queries.tables import Seen


def league_table(league: League, catalogue: Catalogue, title: str, kind: str, *, whole: bool = True) -> Table:
    """Return a ranking as a sheet: of every indicator its value, what it was divided from, and its points."""
    columns = [Column(key="rank", label=_("Rank"), width=8), Column(key="name", label=kind, width=28), Column(key="score", label=_("Score"), width=10),
               Column(key="grade", label=_("Grade"), width=8)]  # fmt: skip
    for item in league.scheme.items:
        name = texts.pick(catalogue.indicators[item.indicator].name)
        columns += [
            Column(key=f"{item.indicator}.value", label=f"{name}{_unit(catalogue.indicators[item.indicator].unit)}", width=14),
            Column(key=f"{item.indicator}.above", label=_("%(name)s: numerator") % {"name": name}, width=14),
            Column(key=f"{item.indicator}.below", label=_("%(name)s: denominator") % {"name": name}, width=14),
            Column(key=f"{item.indicator}.points", label=_("%(name)s: points (weight %(weight)s)") % {"name": name, "weight": f"{item.weight:g}"}, width=16),
        ]
    return Table(title=title[:31], columns=columns, rows=[_row(r) for r in ([*league.rows, league.whole] if whole else league.rows)])


def _unit(unit: str) -> str:
    return {"percent": " (%)", "minutes": _(" (minutes)"), "days": _(" (days)")}.get(unit, "")


def _row(row: Judged) -> dict[str, Any]:
    cells: dict[str, Any] = {"rank": row.rank, "name": row.name, "score": row.score, "grade": row.grade}
    for code, figure in row.figures.items():
        cells |= {f"{code}.value": None if figure.value is None else round(figure.value, 4), f"{code}.above": figure.numerator,
                  f"{code}.below": figure.denominator, f"{code}.points": row.points.get(code)}  # fmt: skip
    return cells


def export_league(actor: Actor, seen: Seen, *, title: str, filters: Mapping[str, str], form: str, kind: str) -> Exported:
    """Return the table that the reader sees, as a file; the export goes on record."""
    table = league_table(seen.league, seen.catalogue, title, kind, whole=not seen.own_only)
    return take(actor, what="indicators.ranking", tables=[table], filters={k: v for k, v in filters.items() if v}, words=title, form=form, name="ranking")


def export_tables(actor: Actor, tables: Sequence[Table], *, what: str, words: str, name: str) -> Exported:
    """Return several tables as one workbook; the export goes on record."""
    return take(actor, what=what, tables=tables, filters={}, words=words, name=name)
