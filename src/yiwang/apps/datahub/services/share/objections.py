"""Doubts about a row (校核纠错): a user reports it with evidence, the source answers by a limit, every subscriber hears the result."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import NotNow
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.models.share import ObjectionState, RowObjection
from yiwang.apps.datahub.queries.share import catalogue, rows
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.rules import masking
from yiwang.apps.datahub.services.share import clock, sealing, telling
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.models import Organization


@transaction.atomic
def object_to(actor: Actor, dataset: Dataset, org: Organization, *, key: str, column: str, text: str, evidence: str) -> RowObjection:
    """Report a doubtful row. Its key is kept sealed and shown masked.

    Raises
    ------
    NotPermitted, NotFound, BadInput
        Not for this bureau; a set that one may not see; no key, no text or no evidence; no such column.
    """
    actor.require(queries.REQUEST, org_path=org.path, area_path=org.area.path)
    row = catalogue.one(actor, dataset.code)
    contract = rows.contract_of(row)
    errors = [
        {"field": name, "code": "required", "message": _("This has to be said.")} for name, value in (("key", key), ("text", text), ("evidence", evidence)) if not value.strip()
    ]
    if column and (contract is None or column not in [c.name for c in contract.columns]):
        errors.append({"field": "column", "code": "choice", "message": _("This is none of the choices.")})
    if errors:
        raise BadInput(errors=tuple(errors))
    kind = masking.kind_of(contract.column(contract.key[0])) if contract and contract.key else "other"
    shown = masking.mask(kind, key.strip()) if kind else key.strip()
    made: RowObjection = RowObjection.objects.create(
        dataset=row, org=org, org_path=org.path, owner_path=row.org_path, area_path=row.area_path, sealed_key=sealing.seal("objection", key.strip().encode()),
        shown_key=(shown or "")[:200], column=column, text=text.strip()[:1000], evidence=evidence.strip()[:1000], made_by_id=actor.account_id, made_at=now(),
        due_at=clock.due("correction", row.area_path, now()),
    )  # fmt: skip
    event = audit.record(actor, action="datahub.objection.made", area_path=row.area_path, data={"objection": str(made.uid), "dataset": row.code})
    title = {"zh-Hans": f"数据校核：{pick(row.name)}", "en": f"A doubtful row in {pick(row.name)}"}
    telling.tell(telling.officers(row.org_path), "datahub.objection", title, reverse("datahub:objection", args=[made.uid]), event.uid)
    return made


@transaction.atomic
def answer(actor: Actor, objection: RowObjection, *, corrected: bool, text: str) -> RowObjection:
    """The source's answer: corrected, or the row is right and why. Who reported it and all subscribers hear of it."""
    row = RowObjection.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=objection.pk)
    actor.require(queries.DECIDE, org_path=row.owner_path, area_path=row.area_path)
    if row.state != ObjectionState.OPEN:
        raise NotNow(state=str(ObjectionState(row.state).label))
    if not text.strip():
        raise BadInput.one("answer", "required", _("Say what was found."))
    row.state = ObjectionState.CORRECTED if corrected else ObjectionState.UPHELD
    row.answer, row.answered_by_name, row.answered_at = text.strip()[:1000], actor.recorded_name[:80], now()
    row.save()
    event = audit.record(actor, action="datahub.objection.answered", outcome=row.state, area_path=row.area_path, data={"objection": str(row.uid), "dataset": row.dataset.code})
    people = [row.made_by_id] + [a for grant in queries.users_of(row.dataset) for a in telling.officers(grant.org_path)]
    words = "已更正" if corrected else "核实无误"
    title = {"zh-Hans": f"{pick(row.dataset.name)} 校核结果：{words}", "en": f"{pick(row.dataset.name)}: {'corrected' if corrected else 'found to be right'}"}
    telling.tell(people, "datahub.objection", title, reverse("datahub:objection", args=[row.uid]), event.uid)
    return row


@transaction.atomic
def reveal_key(actor: Actor, objection: RowObjection) -> str:
    """Return the key of the doubtful row to its source bureau, which has to look it up; on record."""
    actor.require(queries.DECIDE, org_path=objection.owner_path, area_path=objection.area_path)
    audit.record(actor, action="datahub.objection.revealed", area_path=objection.area_path, data={"objection": str(objection.uid)})
    return (sealing.unseal("objection", objection.sealed_key) or b"").decode()


@transaction.atomic
def urge() -> int:
    """Tell the source and the authority once of doubts that nobody answered in time."""
    told = 0
    late = RowObjection.objects.select_for_update(of=("self",), skip_locked=True).filter(state=ObjectionState.OPEN, due_at__lt=now(), urged_at__isnull=True)
    for row in late.select_related("dataset"):
        row.urged_at = now()
        row.save(update_fields=["urged_at"])
        title = {"zh-Hans": f"数据校核已超期：{pick(row.dataset.name)}", "en": f"Overdue: a doubtful row in {pick(row.dataset.name)}"}
        telling.tell([*telling.officers(row.owner_path), *telling.stewards()], "datahub.objection.late", title, reverse("datahub:objection", args=[row.uid]), None)
        told += 1
    return told
