"""The form as a workbook: taken away, filled in, handed back."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import FileRefused
from yiwang.apps.datahub.lake.reading import open_file
from yiwang.apps.datahub.models import FormSheet
from yiwang.apps.datahub.queries import forms as queries
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.filling.pasting import plain
from yiwang.apps.datahub.rules.landing.headers import match
from yiwang.apps.datahub.services.forms.filling import MOST_ROWS, Rows, change, rows_of
from yiwang.apps.datahub.services.landing import receiving, words
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.files import store
from yiwang.kernel.files.errors import EmptyFile, TooLarge
from yiwang.kernel.files.exports import Column, Exported, Table, take

FILE_BYTES = 10 << 20


def workbook(actor: Actor, uid: UUID) -> Exported:
    """Return the form with the rows that are there; the export is on record."""
    sheet = queries.sheet_for(actor, uid)
    actor.require(queries.FILL, area_path=sheet.area_path, org_path=sheet.org_path)
    contract = queries.contract_of(sheet)
    names = [c.name for c in contract.columns]
    table = Table(
        title=sheet.task.title[:31], columns=[Column(key=c.name, label=c.label or c.name, width=20) for c in contract.columns],
        rows=[dict(zip(names, row, strict=False)) for row in rows_of(sheet)],
    )  # fmt: skip
    return take(actor, what="datahub.sheet", tables=[table], filters={"sheet": str(uid)}, form="xlsx", name=f"{sheet.task.dataset.code}-{sheet.period}")


def add_file(actor: Actor, uid: UUID, version: int, file: receiving.Upload, *, replace: bool) -> FormSheet:
    """Take the rows of a workbook or CSV, below those that are there or in their place.

    Raises
    ------
    SheetNotNow, SheetChanged, BadInput
    FileRefused
        It cannot be read, is too large, or none of its headings fits a column.
    """
    sheet = queries.sheet_for(actor, uid)
    contract = queries.contract_of(sheet)
    try:
        incoming = store.receive(file.chunks(), limit=FILE_BYTES, name=file.name or "")
    except TooLarge as error:
        raise receiving.refused("too_large", mb=FILE_BYTES >> 20) from error
    except EmptyFile as error:
        raise receiving.refused("empty") from error
    try:
        opened = open_file(incoming.path, file.name or "", contract.columns)
        places = match(opened.headers, contract.columns).places
        if not places:
            raise FileRefused(reason="missing_columns", facts={"columns": [c.name for c in contract.columns]})
        found: Rows = []
        for batch in opened.batches:
            texts = {name: batch.column(f"c{at}").to_pylist() for name, at in places.items()}
            found += [[plain(texts[c.name][i] or "") if c.name in texts else "" for c in contract.columns] for i in range(batch.num_rows)]
            if len(found) > MOST_ROWS:
                break
    except FileRefused as refusal:
        raise FileRefused(reason=refusal.reason, facts=refusal.facts, words=words.refusal(refusal.reason, refusal.facts, contract)) from refusal
    finally:
        incoming.discard()
    found = [row for row in found if any(row)]
    if not found:
        raise BadInput.one("file", "empty", _("There is no row in the file."))

    def put(rows: Rows, _contract: Contract) -> Rows:
        return found if replace else [*rows, *found]

    return change(actor, uid, version, put, "file")
