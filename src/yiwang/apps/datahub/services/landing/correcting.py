"""Correcting what was given back: a workbook with the reason beside each row, handed in again with only those rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import FileRefused
from yiwang.apps.datahub.lake.reading import Opened
from yiwang.apps.datahub.models import HandBack, RefusedRow, Run
from yiwang.apps.datahub.queries import landing as reads
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.landing.headers import plain
from yiwang.apps.datahub.services.landing import receiving, words
from yiwang.apps.datahub.services.landing.sealing import opened as unsealed
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.files.exports import Column, Exported, Table, take

ROW_HEADERS = tuple(plain(h) for h in ("原行号", "行号", "Row of the delivery", "_row"))


def corrections_file(actor: Actor, uid: UUID) -> Exported:
    """Return the open rows of a task as a workbook: the row's number, its texts, what is wrong. The export is on record.

    Raises
    ------
    NotFound
    """
    back = reads.hand_back(actor, uid)
    contract = contracts.from_dict(back.run.contract.body)
    rows: list[dict[str, Any]] = []
    for row in back.run.refused_rows.filter(settled_at__isnull=True).order_by("number"):
        texts = unsealed(row.body, run=str(back.run.uid), number=row.number)
        rows.append({"_row": row.number, "_why": words.reasons(row.reasons, contract) + (f"（{texts['']}）" if texts.get("") else ""), **{c.name: texts.get(c.name, "") for c in contract.columns}})
    columns = [
        Column(key="_row", label=_("Row of the delivery"), width=10), Column(key="_why", label=_("Why it was given back"), width=50),
        *(Column(key=c.name, label=c.label or c.name, width=20) for c in contract.columns),
    ]  # fmt: skip
    table = Table(title=_("Rows to correct"), columns=columns, rows=rows)
    return take(actor, what="datahub.refused_rows", tables=[table], filters={"task": str(uid)}, form="xlsx", name=f"{back.dataset.code}-corrections")


def correct(actor: Actor, uid: UUID, file: receiving.Upload | Path, *, name: str = "") -> Run:
    """Hand the corrected rows in again. Those that keep the contract now are settled; the task closes when all are.

    Raises
    ------
    NotFound
    FileRefused
        The file cannot be taken, or holds no row that was given back.
    """
    from yiwang.apps.datahub.services.landing.running import land_now

    back = reads.hand_back(actor, uid)
    run = receiving.receive(actor, back.dataset, file, name=name, source="correction", contract=back.run.contract, corrects=back.run)
    return land_now(run.pk, actor=actor)


def give_up(actor: Actor, uid: UUID, number: int, note: str) -> HandBack:
    """Say of a row that it is not delivered at all, and why.

    Raises
    ------
    NotFound, BadInput
    """
    if not note.strip():
        raise BadInput.one("note", "required", _("Say why the row is not delivered."))
    with transaction.atomic():
        back = HandBack.objects.select_for_update(of=("self",)).select_related("run").get(pk=reads.hand_back(actor, uid).pk)
        row = RefusedRow.objects.select_for_update().filter(run=back.run, number=number).first()
        if row is None:
            raise NotFound(what="row")
        if row.settled_at is None:
            row.settled_at, row.note = now(), note.strip()[:300]
            row.save(update_fields=["settled_at", "note"])
            audit.record(actor, action="datahub.row.given_up", area_path=back.area_path, data={"task": str(uid), "row": number})
            recount(back)
        return back


def only_asked(run: Run, opened: Opened) -> tuple[Opened, set[int]]:
    """Return a correction's rows under their old numbers, those alone that are still open; the set grows as they are read.

    Raises
    ------
    FileRefused
        The column of numbers is not there.
    """
    place = next((n for n, header in enumerate(opened.headers) if plain(header) in ROW_HEADERS), None)
    if place is None:
        raise FileRefused(reason="no_row_numbers")
    wanted = set(RefusedRow.objects.filter(run=run.corrects, settled_at__isnull=True).values_list("number", flat=True))
    asked: set[int] = set()
    before = opened.batches

    def batches() -> Iterator[pa.Table]:
        for batch in before:
            numbers = [_number(text) for text in batch.column(f"c{place}").to_pylist()]
            keep = [n is not None and n in wanted and n not in asked and not asked.add(n) for n in numbers]  # type: ignore[func-returns-value]
            numbered = batch.set_column(batch.schema.get_field_index("_row"), "_row", pa.array([n or 0 for n in numbers], pa.int64()))
            yield numbered.filter(pa.array(keep))
        if not asked:
            raise FileRefused(reason="nothing_asked")

    opened.batches = batches()
    return opened, asked


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None


def settle_rows(run: Run, numbers: set[int]) -> None:
    """Settle the rows of the task that a correction brought right. In the caller's transaction."""
    RefusedRow.objects.filter(run=run.corrects, number__in=numbers, settled_at__isnull=True).update(settled_at=now(), settled_by=run)
    recount(HandBack.objects.select_for_update().get(run=run.corrects))


def recount(back: HandBack) -> None:
    """Count what is open; the task closes with the last row."""
    back.rows_open = RefusedRow.objects.filter(run_id=back.run_id, settled_at__isnull=True).count()
    back.closed_at = now() if back.rows_open == 0 else None
    back.save(update_fields=["rows_open", "closed_at"])
