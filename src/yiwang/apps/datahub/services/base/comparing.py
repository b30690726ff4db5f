"""Showing two records side by side to whoever decides: that is a reading like any other, and stands on both access logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import CandidatePair
from yiwang.apps.datahub.rules.masking import COVER, HIDDEN
from yiwang.apps.datahub.services.base import books, reading, sealed
from yiwang.apps.datahub.services.base.golden import records_of
from yiwang.kernel.base.actor import Actor

BASIS = "政务数据共享条例：数据校核"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A value of one side; `more` how many other values its sources have."""

    value: str
    sources: tuple[Mapping[str, str], ...]
    more: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sides:
    left: dict[str, Cell]
    right: dict[str, Cell]
    left_rows: tuple[Mapping[str, str], ...]
    right_rows: tuple[Mapping[str, str], ...]


@transaction.atomic
def side_by_side(actor: Actor, pair: CandidatePair) -> Sides:
    """Return all values of both records. What a comparison does not need (relief, marriage, employer ...) stays masked."""
    found = records_of([pair.left_id, pair.right_id])
    book = books.in_force(pair.kind)
    covered = {f.name for f in book.fields if f.mask == HIDDEN}
    sides: list[dict[str, Cell]] = []
    rows: list[tuple[Mapping[str, str], ...]] = []
    for subject in (pair.left_id, pair.right_id):
        values: dict[str, dict[str, list[Mapping[str, str]]]] = {}
        for one in found[subject]:
            for field, value in sealed.open_body(bytes(one.body))["values"].items():
                values.setdefault(field, {}).setdefault(value, []).append(one.source.name)
        cells = {}
        for field, each in values.items():
            ordered = sorted(each, key=lambda v, each=each: (-len(each[v]), v))  # type: ignore[misc]
            texts = [COVER if field in covered else v for v in ordered]
            cells[field] = Cell(value=texts[0], sources=tuple(each[ordered[0]]), more=tuple(t for t in texts[1:] if field not in covered))
        sides.append(cells)
        rows.append(tuple(r.source.name for r in found[subject]))
    why = reading.Why(purpose=_("Comparing records side by side"), basis=BASIS, case_number=f"pair {str(pair.uid)[-12:]}")
    shown = sorted((set(sides[0]) | set(sides[1])) & set(book.names) - covered)
    reading.note_reading(actor, [pair.left, pair.right], how="review", fields=shown, why=why)
    return Sides(left=sides[0], right=sides[1], left_rows=rows[0], right_rows=rows[1])
