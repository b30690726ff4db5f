"""Requests for data and corrections (开放申请、纠错): asked without a name, answered within working days."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import AlreadyDecided
from yiwang.apps.datahub.models import OpenRequest, OpenSet, RequestKind, RequestState
from yiwang.apps.datahub.rules.opening import shelf
from yiwang.apps.datahub.rules.privacy import patterns
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.worktime import queries as worktime
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.rules import deadlines

ANSWER = "datahub.open.answer"
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_code() -> str:
    """Return ten letters with which somebody asks for his answer: 50 bits."""
    return "".join(secrets.choice(_LETTERS) for _i in range(10))


def _due(start: datetime, days: int, area_path: str) -> datetime:
    return deadlines.add(start, days, Kind.WORK_DAY, worktime.calendar_for(area_path))


def _whole_area() -> str:
    """Return the path of the whole installation's area: what concerns no bureau yet lies there."""
    area = Area.objects.filter(code=settings.REGION).first() or Area.objects.order_by("path").first()
    return area.path if area else ""


def clean(field: str, text: str, *, least: int, most: int) -> str:
    """Return a stranger's text; refused when it is no text, or tells who somebody is.

    Raises
    ------
    BadInput
        At the field, in words.
    """
    given = text.replace("\r\n", "\n").strip()
    if not is_showable(given):
        raise BadInput.one(field, "unshowable", _("The text has characters that cannot be shown. Type it again."))
    if not least <= len(given) <= most:
        raise BadInput.one(field, "length", _("Write %(least)s to %(most)s characters.") % {"least": least, "most": most})
    if any(kind in ("id_number", "phone", "bank_card", "email", "plate") for kind, _words in patterns.found_in(given)):
        raise BadInput.one(field, "personal", _("Please leave out telephone, identity and card numbers: the answer may be published."))
    return given


def ask(actor: Actor, *, kind: str, text: str, purpose: str = "", open_set: OpenSet | None = None) -> OpenRequest:
    """Take a wish or a correction and return it with its query code. A correction goes to the set's own body, a wish for new
    data to who governs the portal."""
    if kind not in RequestKind.values or (kind == RequestKind.CORRECT and open_set is None):
        raise BadInput.one("kind", "choice", _("Say which data set is wrong."))
    said, why = clean("text", text, least=5, most=1000), clean("purpose", purpose, least=0, most=500)
    moment = now()
    with transaction.atomic():
        org, area_path = (open_set.org, open_set.area_path) if open_set else (None, _whole_area())
        made = OpenRequest.objects.create(
            code=new_code(), kind=kind, open_set=open_set, org=org, org_path=org.path if org else "", area_path=area_path, text=said, purpose=why,
            due_at=_due(moment, shelf.answers()["request_days"], area_path),
        )  # fmt: skip
        audit.record(actor, action="datahub.open.asked", area_path=made.area_path, data={"request": str(made.uid), "kind": kind, "set": open_set.slug if open_set else ""})
    return made


def _locked(actor: Actor, row: OpenRequest) -> OpenRequest:
    actor.require(ANSWER, area_path=row.area_path, org_path=row.org_path)
    row = OpenRequest.objects.select_for_update().get(pk=row.pk)
    if row.state != RequestState.RECEIVED:
        raise AlreadyDecided
    return row


@transaction.atomic
def hand_on(actor: Actor, row: OpenRequest, *, org: Organization) -> OpenRequest:
    """Let another body answer; its days do not begin again."""
    row = _locked(actor, row)
    row.org, row.org_path, row.area_path = org, org.path, org.area.path
    row.save()
    audit.record(actor, action="datahub.open.request-handed-on", area_path=row.area_path, data={"request": str(row.uid), "org": org.code})
    return row


@transaction.atomic
def extend(actor: Actor, row: OpenRequest, *, reason: str) -> OpenRequest:
    """Take as many working days once more, and say why; once."""
    row = _locked(actor, row)
    if row.extended_at is not None:
        raise AlreadyDecided
    row.extended_reason = clean("reason", reason, least=2, most=500)
    row.extended_at = now()
    row.due_at = _due(row.due_at, shelf.answers()["extension_days"], row.area_path)
    row.save()
    audit.record(actor, action="datahub.open.request-extended", area_path=row.area_path, data={"request": str(row.uid), "due": row.due_at.isoformat()})
    return row


@transaction.atomic
def answer(actor: Actor, row: OpenRequest, *, outcome: str, text: str, shown: bool = False) -> OpenRequest:
    """Answer: agreed, partly or refused, in words; `shown` puts question and answer on the public page."""
    row = _locked(actor, row)
    if outcome not in (RequestState.AGREED, RequestState.PARTLY, RequestState.REFUSED):
        raise BadInput.one("outcome", "choice", _("Choose an outcome."))
    row.answer, row.state, row.is_shown = clean("text", text, least=5, most=1000), outcome, shown
    row.answered_at, row.answered_by_id = now(), actor.account_id
    row.save()
    audit.record(actor, action="datahub.open.answered", area_path=row.area_path, from_state="received", to_state=outcome, data={"request": str(row.uid)})
    return row
