"""Sheets of figures: read whole, compared whole, kept whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import FigureDoubtful, FileRefused, SheetRefused
from yiwang.apps.datahub.lake.grids import read_grids
from yiwang.apps.datahub.models import EconomicFigure, EconomicSeries
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.rules.economy import sheets
from yiwang.apps.datahub.rules.economy.periods import plain
from yiwang.apps.datahub.services.economy import entering, words
from yiwang.apps.datahub.services.economy.entering import Entry, Publication, Written
from yiwang.apps.datahub.services.landing import receiving
from yiwang.apps.datahub.services.landing import words as landing_words
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.files import scanning, store
from yiwang.kernel.files.errors import EmptyFile, Infected, TooLarge
from yiwang.kernel.files.rules.names import safe_name

LARGEST = 10 << 20


@dataclass(slots=True)
class Looked:
    """What a sheet holds, before or after it was kept. `refused` and `doubtful`: {"cell", "why", "text"}."""

    written: Written = field(default_factory=Written)
    series: int = 0
    scaled: int = 0  # figures converted from another unit
    refused: list[dict[str, str]] = field(default_factory=list)
    doubtful: list[dict[str, str]] = field(default_factory=list)


def bring_in(actor: Actor, file: receiving.Upload, publication: Publication, *, area: Area | None = None, sure: bool = False, keep: bool = True) -> Looked:
    """Read a sheet and keep its figures, all or none; with `keep` off only say what would become of it. The same again writes nothing.

    Raises
    ------
    NotPermitted, BadInput
    FileRefused
        It is no sheet.
    SheetRefused
        Some cells cannot be taken; names each.
    FigureDoubtful
        Some look like mistakes and `sure` is not said.
    """
    entering.check(publication)
    grids = _grids(file)
    known = list(reads.entered(actor))
    by_id = {s.pk: s for s in known}
    texts = [_known(s) for s in known]
    name = safe_name(file.name or "sheet")[:120]
    entries: dict[int, list[Entry]] = defaultdict(list)
    looked = Looked()
    several = len(grids) > 1
    for grid in grids:
        reading = sheets.read(grid.rows, texts, words.scale(), _area(area))
        if several and [w.why for w in reading.wrong] == ["no_periods"]:
            continue  # a cover, or notes
        prefix = f"{grid.title}!" if several else ""
        looked.scaled += sum(1 for c in reading.cells if c.scaled)
        looked.refused += [{"cell": prefix + w.place, "why": words.why(w.why), "text": w.text} for w in reading.wrong]
        for cell in reading.cells:
            entries[cell.series].append(Entry(cell.period, cell.value, prefix + cell.place))
    if not entries and not looked.refused:
        looked.refused.append({"cell": "A1", "why": words.why("no_periods"), "text": ""})
    looked.series = len(entries)
    publication = Publication(status=publication.status, released_on=publication.released_on, reason=publication.reason, origin=name)
    with transaction.atomic():
        rows: list[EconomicFigure] = []
        locked = entering.lock(list(entries))
        before = entering.past(entries)
        for series in locked:
            made = entering.plan(actor, by_id[series.pk], entries[series.pk], publication, before)
            rows += made.rows
            looked.written.add(made.written)
            label = words.series(by_id[series.pk])
            looked.refused += [{"cell": o.place, "why": o.words, "text": f"{label} {o.period}"} for o in made.refused]
            looked.doubtful += [{"cell": o.place, "why": o.words, "text": f"{label} {o.period}"} for o in made.doubtful]
        if not keep:
            return looked
        if looked.refused:
            raise SheetRefused(cells=looked.refused)
        if looked.doubtful and not sure:
            raise FigureDoubtful(said=_("%(n)s figures of the sheet are doubtful, the first in %(cell)s.") % {"n": len(looked.doubtful), "cell": looked.doubtful[0]["cell"]})
        if rows:
            EconomicFigure.objects.bulk_create(rows, batch_size=1000)
            done = looked.written
            audit.record(actor, action="datahub.figures.brought_in", data={"file": name, "series": looked.series, "new": done.new, "revised": done.revised, "unchanged": done.unchanged, "waiting": done.waiting})
    return looked


def _area(area: Area | None) -> str:
    return "" if area is None else plain(str(area.name.get("zh-Hans") or area.code))


def _known(series: EconomicSeries) -> sheets.Known:
    def texts(value: Any) -> frozenset[str]:
        return frozenset(plain(str(t)).lower() for t in value.values() if t)

    area = series.area
    return sheets.Known(
        id=series.pk, code=series.code, names=texts(series.indicator.name) | {series.indicator.code}, areas=frozenset(plain(str(t)) for t in [*area.name.values(), area.code] if t),
        calibers=texts(series.caliber), unit=series.unit, kind=series.period_kind, cumulative=series.is_cumulative,
    )  # fmt: skip


def _grids(file: receiving.Upload) -> list[Any]:
    try:
        incoming = store.receive(file.chunks(), limit=LARGEST, name=file.name or "")
    except TooLarge as error:
        raise receiving.refused("too_large", mb=LARGEST >> 20) from error
    except EmptyFile as error:
        raise receiving.refused("empty") from error
    try:
        scanning.scanner().scan(incoming.path, safe_name(file.name or "sheet"))
        return read_grids(Path(incoming.path), file.name or "")
    except Infected as error:
        raise receiving.refused("infected") from error
    except FileRefused as refusal:
        raise FileRefused(reason=refusal.reason, facts=refusal.facts, words=landing_words.refusal(refusal.reason, refusal.facts)) from refusal
    finally:
        incoming.discard()
