"""What becomes of a sheet that was handed in: accepted and landed, or returned with a reason."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import SheetNotNow, SourceChanged
from yiwang.apps.datahub.lake import root
from yiwang.apps.datahub.lake.sources import Stage
from yiwang.apps.datahub.lake.sources.base import key_of
from yiwang.apps.datahub.models import FormSheet, SheetState
from yiwang.apps.datahub.queries import forms as queries
from yiwang.apps.datahub.services.forms import urging
from yiwang.apps.datahub.services.forms.filling import rows_of
from yiwang.apps.datahub.services.sources import port
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput


def _locked(actor: Actor, uid: UUID) -> FormSheet:
    sheet = queries.sheet_for(actor, uid, lock=True)
    actor.require(queries.MANAGE, area_path=sheet.task.area_path, org_path=sheet.task.org_path)
    return sheet


@transaction.atomic
def accept(actor: Actor, uid: UUID) -> FormSheet:
    """Take the rows into the data set. Accepting twice lands once.

    Raises
    ------
    SheetNotNow
        It was not handed in.
    SourceChanged
        The landing refuses the sheet as a whole.
    """
    sheet = _locked(actor, uid)
    if sheet.state == SheetState.ACCEPTED:
        return sheet
    if sheet.state != SheetState.HANDED_IN:
        raise SheetNotNow
    contract = queries.contract_of(sheet)
    with tempfile.TemporaryDirectory(prefix="form-", dir=root()) as folder:
        stage = Stage(Path(folder) / "rows.csv", [c.name for c in contract.columns])
        stage.add(rows_of(sheet))
        landed = port.land(
            system("datahub.forms"), sheet.task.dataset, stage.finish(), name=f"{sheet.task.title}-{sheet.period}.csv", source="form",
            idempotency_key=key_of(sheet.uid, sheet.version),
        )  # fmt: skip
    if landed.refusal:
        raise SourceChanged(reason=landed.refusal)
    sheet.state, sheet.judged_at, sheet.judged_by_id, sheet.landing, sheet.reason = SheetState.ACCEPTED, now(), actor.account_id, landed.uid[:40], ""
    sheet.save(update_fields=["state", "judged_at", "judged_by", "landing", "reason"])
    audit.record(
        actor, action="datahub.form.accepted", area_path=sheet.area_path, from_state="handed_in", to_state="accepted",
        data={"sheet": str(sheet.uid), "landing": landed.uid, "rows": landed.rows, "accepted": landed.accepted, "refused": landed.refused, "duplicate": landed.duplicate},
    )  # fmt: skip
    return sheet


@transaction.atomic
def send_back(actor: Actor, uid: UUID, reason: str) -> FormSheet:
    """Return a sheet to its bureau, which is told why."""
    sheet = _locked(actor, uid)
    if not reason.strip():
        raise BadInput.one("reason", "reason", _("Say why it is returned."))
    if sheet.state != SheetState.HANDED_IN:
        raise SheetNotNow
    sheet.state, sheet.judged_at, sheet.judged_by_id, sheet.reason = SheetState.RETURNED, now(), actor.account_id, reason.strip()[:500]
    sheet.save(update_fields=["state", "judged_at", "judged_by", "reason"])
    urging.tell(sheet, sheet.task, "returned", event=uuid5(sheet.uid, f"returned {sheet.judged_at.isoformat()}"))
    audit.record(
        actor, action="datahub.form.returned", area_path=sheet.area_path, from_state="handed_in", to_state="returned", data={"sheet": str(sheet.uid), "reason": sheet.reason}
    )
    return sheet
