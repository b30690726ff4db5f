"""The course of a request for data (共享申请): checked at once, granted by the platform or decided by the owner, disputed, settled."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import NotNow, NotShared, SamePerson
from yiwang.apps.datahub.models import Dataset, DatasetState, Sharing
from yiwang.apps.datahub.models.share import RequestState, RequestStep, SharingGrant, SharingRequest, Way
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.queries.share import rows, settings
from yiwang.apps.datahub.rules import masking
from yiwang.apps.datahub.rules.share import requests as rules
from yiwang.apps.datahub.rules.share import sandbox
from yiwang.apps.datahub.services.share import clock, granting, telling
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.texts import pick
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Organization

_TEXTS = {"purpose": 500, "duty": 120, "basis": 500, "scene": 500, "system": 120, "contact": 80, "query": 8000}


def fault_words() -> dict[str, Any]:
    """Return what each fault of `rules.share.requests` is told as."""
    return {
        "no-law": _("Name the law, decree or document that gives your bureau this duty; \"needed for work\" is none."),
        "no-place": _("Say where in the law: its article, or the number of the document."), "no-duty": _("Name the service item or duty for which the data is needed."),
        "required": _("This has to be said."), "none": _("Choose at least one column."), "unknown": _("There is no such column, or no such comparison."),
        "past": _("The end lies in the past."), "too-long": _("This is longer than a grant may last."), "range": _("This is more than a grant may allow, or nothing."),
        "value": _("This value does not fit the comparison."),
    }  # fmt: skip


@transaction.atomic
def ask(actor: Actor, dataset: Dataset, org: Organization, values: Mapping[str, Any]) -> SharingRequest:
    """Ask for a set. A request that is not in order is refused with all that is missing, and nothing is kept.

    An unconditional set is granted by the platform at once; a conditional one goes to its owner until the limit.

    Raises
    ------
    NotPermitted, NotNow, NotShared, BadInput
        Not for this bureau; the set is not published or is one's own; it is not shared; what the compliance check found.
    """
    actor.require(queries.REQUEST, org_path=org.path, area_path=org.area.path)
    row = Dataset.objects.select_for_update(of=("self",)).select_related("org", "contract").get(pk=dataset.pk)
    if row.state != DatasetState.PUBLISHED:
        raise NotNow(state=str(DatasetState(row.state).label))
    if row.sharing == Sharing.NONE:
        raise NotShared(law=row.sharing_reason)
    if row.org_path.startswith(org.path):
        raise BadInput.one("dataset", "own", _("This is your own bureau's data: no request is needed."))
    contract, bounds = rows.contract_of(row), settings.in_force()["limits"]
    columns = [c.name for c in contract.columns] if contract else []
    found = rules.faults(
        values, columns=columns, today=localdate(now()), most_days=bounds["grants"]["most_days"], per_minute=bounds["grants"]["per_minute"] * 10,
        per_day=bounds["grants"]["per_day"] * 10,
    )  # fmt: skip
    errors = [{"field": f.field, "code": f.code, "message": str(fault_words()[f.code])} for f in found]
    if values.get("way") not in Way.values:
        errors.append({"field": "way", "code": "choice", "message": _("This is none of the choices.")})
    if values.get("way") == Way.QUERY and values.get("query") and contract is not None and not errors:
        errors += [{"field": "query", "code": f.code, "message": sandbox_words(f)} for f in sandbox.faults(
            str(values["query"]), table=row.code.replace("-", "_"), columns=list(values["columns"]), personal=[c.name for c in contract.columns if c.personal])]  # fmt: skip
    if errors:
        raise BadInput(errors=tuple(errors))
    at = now()
    uid = uuid7()
    number = f"GX{localdate(at):%Y%m%d}{uid.hex[-6:].upper()}"
    made = SharingRequest(
        uid=uid, number=number, dataset=row, org=org, org_path=org.path, owner_path=row.org_path, area_path=row.area_path, made_by_id=actor.account_id, made_at=at,
        columns=list(dict.fromkeys(values["columns"])), row_filter=list(values.get("row_filter") or ()), addresses=list(values.get("addresses") or ())[:20],
        per_day=int(values["per_day"]), per_minute=int(values["per_minute"]), way=values["way"], valid_until=values["valid_until"],
        **{k: str(values.get(k) or "").strip()[:most] for k, most in _TEXTS.items()},
    )  # fmt: skip
    made.state, made.due_at = RequestState.OWNER, clock.due("owner", row.area_path, at)
    made.save()
    _step(actor, made, "asked", made.purpose)
    if row.sharing == Sharing.UNCONDITIONAL:
        _grant(actor, made, {}, by_platform=True)
    else:
        link = reverse("datahub:request", args=[made.uid])
        event = _record(actor, made, "asked")
        telling.tell(telling.officers(row.org_path), "datahub.request", {"zh-Hans": f"有新的共享申请 {number}", "en": f"New request for data {number}"}, link, event)
    return made


def sandbox_words(fault: sandbox.Fault) -> str:
    """Return what a refused query is told as."""
    words = {
        "syntax": _("This is no SQL that can be read: %(what)s"), "not-select": _("Only one SELECT may be asked, nothing that writes, loads or changes: %(what)s"),
        "table": _("This table was not granted: %(what)s"), "column": _("This column was not granted: %(what)s"), "star": _("Name the columns; * is not allowed."),
        "function": _("This function is not allowed: %(what)s"), "personal-row": _("A person's column may only be counted, not shown: %(what)s"),
        "no-groups": _("Only counts and sums over groups leave the sandbox: %(what)s"), "join": _("The granted table is read once; it is joined with nothing: %(what)s"),
        "form": _("This form is not allowed here: %(what)s"),
    }  # fmt: skip
    return str(words[fault.code]) % {"what": fault.what}


def _record(actor: Actor, row: SharingRequest, action: str, outcome: str = "") -> Any:
    data = {"request": row.number, "dataset": row.dataset.code, "org": row.org.code}
    return audit.record(actor, action=f"datahub.request.{action}", outcome=outcome, area_path=row.area_path, data=data).uid


def _step(actor: Actor, row: SharingRequest, action: str, text: str = "", law: str = "") -> RequestStep:
    return RequestStep.objects.create(
        request=row, at=now(), action=action, state=row.state, by_name=actor.recorded_name[:80], by_org=_org_name(actor)[:120], text=text[:500], law=law[:500], was_due=row.due_at
    )


def _org_name(actor: Actor) -> str:
    org = Organization.objects.filter(pk=actor.org_id or 0).first()
    return pick(org.name) if org is not None else ""


def _locked(request: SharingRequest, states: Sequence[str]) -> SharingRequest:
    row = SharingRequest.objects.select_for_update(of=("self",)).select_related("dataset__contract", "dataset__org", "org").get(pk=request.pk)
    if row.state not in states:
        raise NotNow(state=str(RequestState(row.state).label))
    return row


def _grant(actor: Actor, row: SharingRequest, masks: Mapping[str, str], *, by_platform: bool = False, lookups: Sequence[str] = ()) -> SharingGrant:
    row.state, row.due_at, row.closed_at = RequestState.GRANTED, None, now()
    row.save()
    _step(actor, row, "platform" if by_platform else "granted")
    made = granting.make(actor, row, masks, lookups)
    event = _record(actor, row, "granted")
    title = {"zh-Hans": f"共享申请 {row.number} 已授权", "en": f"Request {row.number} was granted"}
    telling.tell([row.made_by_id], "datahub.request", title, reverse("datahub:grant", args=[made.uid]), event)
    return made


@transaction.atomic
def decide(actor: Actor, request: SharingRequest, *, approve: bool, reason: str = "", law: str = "", masks: Mapping[str, str] | None = None, lookups: Sequence[str] = ()) -> SharingRequest:
    """The owner's decision. A refusal names its reason and the law that it rests on.

    `masks` (column -> strength) may hide more or less than the policy; `lookups` are masked columns that may be asked for by their
    exact value.

    Raises
    ------
    NotPermitted, NotNow, SamePerson, BadInput
        Not the source bureau's; not waiting for it; one's own request; refused without reason or law; masks that give a number back.
    """
    row = _locked(request, [RequestState.OWNER])
    actor.require(queries.DECIDE, org_path=row.owner_path, area_path=row.area_path)
    if row.made_by_id is not None and row.made_by_id == actor.account_id:
        raise SamePerson
    if approve:
        _grant(actor, row, masks or {}, lookups=lookups)
        return row
    errors = []
    if not reason.strip():
        errors.append({"field": "reason", "code": "required", "message": _("Say why it is refused.")})
    if rules.basis_faults(law, "-"):
        errors.append({"field": "law", "code": "no-law", "message": _("A refusal rests on a law: name it and its article.")})
    if errors:
        raise BadInput(errors=tuple(errors))
    return _refused(actor, row, "refused", reason, law)


def _refused(actor: Actor, row: SharingRequest, action: str, reason: str, law: str) -> SharingRequest:
    row.state, row.due_at, row.closed_at = RequestState.REFUSED, None, now()
    row.save()
    _step(actor, row, action, reason.strip(), law.strip())
    title = {"zh-Hans": f"共享申请 {row.number} 未获同意", "en": f"Request {row.number} was refused"}
    telling.tell([row.made_by_id], "datahub.request", title, reverse("datahub:request", args=[row.uid]), _record(actor, row, "refused"))
    return row


@transaction.atomic
def dispute(actor: Actor, request: SharingRequest, reason: str) -> SharingRequest:
    """Take a refusal to the authority, once; it settles until its limit."""
    row = _locked(request, [RequestState.REFUSED])
    actor.require(queries.REQUEST, org_path=row.org_path, area_path=row.org.area.path)
    if row.steps.filter(action__in=("settled", "disputed")).exists():
        raise NotNow(state=_("settled by the authority; what is left is the government's decision"))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why the refusal is wrong."))
    row.state, row.due_at, row.closed_at, row.urged_at = RequestState.DISPUTED, clock.due("authority", row.area_path, now()), None, None
    row.save()
    _step(actor, row, "disputed", reason.strip())
    title = {"zh-Hans": f"共享争议 {row.number} 待裁定", "en": f"Dispute about {row.number} waits"}
    telling.tell([*telling.stewards(), *telling.officers(row.owner_path)], "datahub.request", title, reverse("datahub:request", args=[row.uid]), _record(actor, row, "disputed"))
    return row


@transaction.atomic
def settle(actor: Actor, request: SharingRequest, *, approve: bool, reason: str) -> SharingRequest:
    """The authority's word on a dispute: granted over the owner's refusal, or refused for good."""
    row = _locked(request, [RequestState.DISPUTED])
    actor.require(queries.SETTLE, org_path=row.owner_path, area_path=row.area_path)
    if row.made_by_id is not None and row.made_by_id == actor.account_id:
        raise SamePerson
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    if approve:
        _step(actor, row, "settled", reason.strip())
        _grant(actor, row, {})
        return row
    return _refused(actor, row, "settled", reason, "")


@transaction.atomic
def take_back(actor: Actor, request: SharingRequest) -> SharingRequest:
    """The applicant needs it no more."""
    row = _locked(request, [RequestState.OWNER, RequestState.DISPUTED, RequestState.REFUSED])
    actor.require(queries.REQUEST, org_path=row.org_path, area_path=row.org.area.path)
    row.state, row.due_at, row.closed_at = RequestState.WITHDRAWN, None, now()
    row.save()
    _step(actor, row, "withdrawn")
    _record(actor, row, "withdrawn")
    return row


@transaction.atomic
def urge() -> int:
    """Tell owners and the authority once of what is overdue; returns how many. For the clock."""
    told = 0
    late = SharingRequest.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state__in=(RequestState.OWNER, RequestState.DISPUTED), due_at__lt=now(), urged_at__isnull=True
    )
    for row in late.select_related("dataset", "org"):
        row.urged_at = now()
        row.save(update_fields=["urged_at"])
        people = telling.stewards() + (telling.officers(row.owner_path) if row.state == RequestState.OWNER else [])
        title = {"zh-Hans": f"共享申请 {row.number} 已超期", "en": f"Request {row.number} is overdue"}
        telling.tell(people, "datahub.request.late", title, reverse("datahub:request", args=[row.uid]), None)
        told += 1
    return told


def warned(dataset: Dataset, masks: Mapping[str, str]) -> tuple[masking.Warned, ...]:
    """Return which masked numbers would be given back by what is shown beside them."""
    contract = rows.contract_of(dataset)
    return masking.warnings(contract.columns, masks) if contract else ()
