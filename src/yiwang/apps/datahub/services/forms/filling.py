"""Filling in: row by row or pasted, saved at once, handed in when nothing is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import SheetChanged, SheetNotNow
from yiwang.apps.datahub.models import FormSheet, SheetState
from yiwang.apps.datahub.queries import forms as queries
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.filling import check, pasted
from yiwang.apps.datahub.rules.filling.pasting import plain
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity import cipher

MOST_ROWS = 5000
Rows = list[list[str]]


def rows_of(sheet: FormSheet) -> Rows:
    """Return the rows as typed, in the contract's order."""
    found: Rows = json.loads(cipher.decrypt(sheet.body)) if sheet.body else []
    return found


@transaction.atomic
def change(actor: Actor, uid: UUID, version: int, how: Callable[[Rows, Contract], Rows], what: str) -> FormSheet:
    """Change the rows of a sheet that nobody else has changed meanwhile."""
    sheet = queries.sheet_for(actor, uid, lock=True)
    actor.require(queries.FILL, area_path=sheet.area_path, org_path=sheet.org_path)
    if sheet.state in (SheetState.HANDED_IN, SheetState.ACCEPTED) or not sheet.task.is_open:
        raise SheetNotNow
    if sheet.version != version:
        raise SheetChanged
    contract = queries.contract_of(sheet)
    width = len(contract.columns)
    rows = how([[*row[:width], *[""] * (width - len(row))] for row in rows_of(sheet)], contract)
    if len(rows) > MOST_ROWS:
        raise BadInput.one("text", "rows", _("A form takes 5,000 rows; hand in more as a file."))
    sheet.body, sheet.rows, sheet.faults = cipher.encrypt(json.dumps(rows, ensure_ascii=False)), len(rows), len(check(contract, rows))
    sheet.version += 1
    sheet.saved_at, sheet.saved_by_id = now(), actor.account_id
    if sheet.state == SheetState.WAITING:
        sheet.state = SheetState.DRAFT
    sheet.save(update_fields=["body", "rows", "faults", "version", "saved_at", "saved_by", "state"])
    audit.record(actor, action="datahub.form.saved", area_path=sheet.area_path, data={"sheet": str(sheet.uid), "what": what, "rows": sheet.rows, "faults": sheet.faults})
    return sheet


def save_row(actor: Actor, uid: UUID, version: int, number: int | None, cells: Mapping[str, str]) -> FormSheet:
    """Write one row anew (`number` from 0), or add one (None). What is wrong is saved too, and shown."""

    def put(rows: Rows, contract: Contract) -> Rows:
        row = [plain(cells.get(c.name, "")) for c in contract.columns]
        if not any(row):
            raise BadInput.one(contract.columns[0].name, "empty", _("The row is empty."))
        if number is None:
            return [*rows, row]
        if not 0 <= number < len(rows):
            raise SheetChanged
        return [row if i == number else old for i, old in enumerate(rows)]

    return change(actor, uid, version, put, "row")


def add_pasted(actor: Actor, uid: UUID, version: int, text: str, *, replace: bool) -> FormSheet:
    """Take rows pasted from a sheet, below those that are there or in their place."""

    def put(rows: Rows, contract: Contract) -> Rows:
        found, unknown = pasted(contract, text)
        if unknown:
            raise BadInput.one("text", "columns", _("These headings fit no column: %(names)s") % {"names": "、".join(unknown[:10])})
        if not found:
            raise BadInput.one("text", "empty", _("There is no row in what was pasted."))
        return found if replace else [*rows, *found]

    return change(actor, uid, version, put, "pasted")


def delete_row(actor: Actor, uid: UUID, version: int, number: int) -> FormSheet:
    return change(actor, uid, version, lambda rows, _contract: [row for i, row in enumerate(rows) if i != number], "deleted")


@transaction.atomic
def hand_in(actor: Actor, uid: UUID, version: int) -> FormSheet:
    """Hand the sheet in; refused while a cell is wrong. Handing in twice is handing in once.

    Raises
    ------
    SheetNotNow, SheetChanged
    BadInput
        It has no row, or cells that do not keep the contract.
    """
    sheet = queries.sheet_for(actor, uid, lock=True)
    actor.require(queries.FILL, area_path=sheet.area_path, org_path=sheet.org_path)
    if sheet.state == SheetState.HANDED_IN and sheet.version == version:
        return sheet
    if sheet.state in (SheetState.HANDED_IN, SheetState.ACCEPTED) or not sheet.task.is_open:
        raise SheetNotNow
    if sheet.version != version:
        raise SheetChanged
    rows = rows_of(sheet)
    if not rows:
        raise BadInput.one("text", "empty", _("There is no row yet."))
    if faults := check(queries.contract_of(sheet), rows):
        raise BadInput.one("text", "faults", _("%(count)s cells have to be corrected first.") % {"count": len(faults)})
    before, sheet.state = sheet.state, SheetState.HANDED_IN
    sheet.handed_in_at, sheet.handed_in_by_id, sheet.faults = now(), actor.account_id, 0
    sheet.save(update_fields=["state", "handed_in_at", "handed_in_by", "faults"])
    audit.record(
        actor, action="datahub.form.handed_in", area_path=sheet.area_path, from_state=before, to_state=sheet.state,
        data={"sheet": str(sheet.uid), "task": str(sheet.task.uid), "period": sheet.period, "rows": sheet.rows, "late": sheet.handed_in_at > sheet.due_at},
    )  # fmt: skip
    return sheet
