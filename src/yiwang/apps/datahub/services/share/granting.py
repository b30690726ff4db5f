"""What a granted request becomes: a grant with its masks, a secret that is shown once, and its ends: rotated, suspended, revoked, expired."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import NotNow
from yiwang.apps.datahub.models.share import GrantState, RequestState, RequestStep, SharingGrant, SharingRequest
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.queries.share import rows
from yiwang.apps.datahub.rules import masking
from yiwang.apps.datahub.rules.share import signing
from yiwang.apps.datahub.services.share import sealing
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput


def make(actor: Actor, request: SharingRequest, masks: Mapping[str, str], lookups: Sequence[str]) -> SharingGrant:
    """Store a grant without a secret, in the caller's transaction; masks that were not said are those of the policy `grant`.

    Raises
    ------
    BadInput
        A strength that is none, or masks that together give an identity number back.
    """
    contract = rows.contract_of(request.dataset)
    columns = contract.columns if contract else ()
    policy = masking.strengths(columns, "grant")
    chosen = {name: masks.get(name) or policy.get(name, masking.HIDDEN) for name in request.columns}
    if any(strength not in masking.STRENGTHS for strength in chosen.values()):
        raise BadInput.one("masks", "choice", _("This is none of the choices."))
    for found in masking.warnings(columns, chosen):
        if found.code == "recoverable":
            raise BadInput.one("masks", "recoverable", _("%(column)s masked beside %(by)s as it is gives the whole number back: mask the date, or the number more strongly.") % {
                "column": found.column, "by": found.by})  # fmt: skip
    until = datetime.combine(request.valid_until, time.max, get_default_timezone())
    made: SharingGrant = SharingGrant.objects.create(
        request=request, dataset=request.dataset, org=request.org, org_path=request.org_path, owner_path=request.owner_path, area_path=request.area_path, way=request.way,
        masks=chosen, lookups=[n for n in lookups if n in chosen], row_filter=request.row_filter, addresses=request.addresses, per_minute=request.per_minute,
        per_day=request.per_day, query=request.query, valid_from=now(), valid_until=until, key_id=_key_id(),
    )  # fmt: skip
    return made


def _key_id() -> str:
    return f"yw{secrets.token_hex(8)}"


def _locked(grant: SharingGrant) -> SharingGrant:
    return SharingGrant.objects.select_for_update(of=("self",)).select_related("dataset", "org__area", "request").get(pk=grant.pk)


def _new_secret(row: SharingGrant) -> str:
    secret = secrets.token_urlsafe(32)
    key = signing.signing_key(secret)
    row.secret_hash, row.sealed = key.hex(), sealing.seal("grant", key)
    row.secret_hash = signing.signing_key(key.hex()).hex()  # a hash of the key: the table alone signs nothing
    return secret


@transaction.atomic
def show_secret(actor: Actor, grant: SharingGrant) -> tuple[str, str]:
    """Return (key id, secret), once: afterwards only a new one can be made. For the applicant bureau's data officer."""
    row = _locked(grant)
    actor.require(queries.REQUEST, org_path=row.org_path, area_path=row.org.area.path)
    if row.shown_at is not None or row.state != GrantState.ACTIVE:
        raise NotNow(state=_("the secret was shown before") if row.shown_at else str(GrantState(row.state).label))
    secret = _new_secret(row)
    row.shown_at = now()
    row.save()
    audit.record(actor, action="datahub.grant.shown", area_path=row.area_path, data={"grant": row.key_id, "dataset": row.dataset.code})
    return row.key_id, secret


@transaction.atomic
def rotate(actor: Actor, grant: SharingGrant, reason: str) -> tuple[str, str]:
    """Make a new key and secret; the old ones are refused from this moment. For the applicant, when a key leaked or is old."""
    row = _locked(grant)
    actor.require(queries.REQUEST, org_path=row.org_path, area_path=row.org.area.path)
    if row.state != GrantState.ACTIVE:
        raise NotNow(state=str(GrantState(row.state).label))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    row.old_key_ids = [*row.old_key_ids, row.key_id]
    row.key_id, secret = _key_id(), _new_secret(row)
    row.shown_at = row.rotated_at = now()
    row.save()
    audit.record(actor, action="datahub.grant.rotated", area_path=row.area_path, data={"grant": row.key_id, "old": row.old_key_ids[-1], "reason": reason.strip()[:500]})
    return row.key_id, secret


@transaction.atomic
def close(actor: Actor, grant: SharingGrant, state: str, reason: str) -> SharingGrant:
    """Suspend, revoke or reopen (`active`) a grant at once. Both sides may suspend or revoke; the owner or the authority reopens."""
    row = _locked(grant)
    sides = [(queries.DECIDE, row.owner_path, row.area_path), (queries.SETTLE, row.owner_path, row.area_path)]
    if state != GrantState.ACTIVE:
        sides.append((queries.REQUEST, row.org_path, row.org.area.path))
    if not any(actor.may(p, org_path=o, area_path=a) for p, o, a in sides):
        actor.require(queries.DECIDE, org_path=row.owner_path, area_path=row.area_path)
    fits = {GrantState.SUSPENDED: [GrantState.ACTIVE], GrantState.REVOKED: [GrantState.ACTIVE, GrantState.SUSPENDED], GrantState.ACTIVE: [GrantState.SUSPENDED]}
    if row.state not in fits.get(GrantState(state), []):
        raise NotNow(state=str(GrantState(row.state).label))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    row.state, row.state_reason = state, reason.strip()[:500]
    row.save()
    if state == GrantState.REVOKED:
        _end_request(actor, row, "revoked", row.state_reason)
    audit.record(actor, action="datahub.grant.closed", outcome=state, area_path=row.area_path, data={"grant": row.key_id, "reason": row.state_reason})
    return row


def _end_request(actor: Actor, row: SharingGrant, action: str, text: str) -> None:
    request = row.request
    request.state, request.closed_at = RequestState.ENDED, now()
    request.save(update_fields=["state", "closed_at"])
    RequestStep.objects.create(request=request, at=now(), action=action, state=request.state, by_name=actor.recorded_name[:80], text=text[:500])


@transaction.atomic
def review(actor: Actor, grant: SharingGrant, *, keep: bool, until: datetime | None, reason: str, most_days: int) -> SharingGrant:
    """The owner's review before a grant ends: it lasts until another day, or ends now."""
    row = _locked(grant)
    actor.require(queries.DECIDE, org_path=row.owner_path, area_path=row.area_path)
    if row.state != GrantState.ACTIVE:
        raise NotNow(state=str(GrantState(row.state).label))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    if keep:
        if until is None or until <= now() or until > now() + timedelta(days=most_days):
            raise BadInput.one("until", "range", _("Say until when: a day to come, no longer than a grant may last."))
        row.valid_until, row.review_told_at = until, None
        row.save()
        RequestStep.objects.create(request=row.request, at=now(), action="reviewed", state=row.request.state, by_name=actor.recorded_name[:80], text=reason.strip()[:500])
    else:
        end(actor, row, reason.strip())
    audit.record(actor, action="datahub.grant.reviewed", outcome="kept" if keep else "ended", area_path=row.area_path, data={"grant": row.key_id, "reason": reason.strip()[:500]})
    return row


def end(actor: Actor, row: SharingGrant, reason: str) -> None:
    """End a locked grant: its calls are refused, and what was delivered is to be deleted."""
    row.state, row.state_reason = GrantState.ENDED, reason[:500]
    row.save()
    _end_request(actor, row, "ended", reason)
