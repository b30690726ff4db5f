"""Asking why, to correct, to delete, about a dead relative (个人信息权利请求); answering within the limit."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import AskedAlready, NotOpen, TooManyOpen
from yiwang.apps.datahub.models import RightsKind, RightsRequest, RightsState, RightsStep
from yiwang.apps.datahub.queries.rights import log
from yiwang.apps.datahub.queries.rights import requests as queries
from yiwang.apps.datahub.queries.rights.subject import Subject, subject_of
from yiwang.apps.datahub.rules.rights.settings import limit
from yiwang.kernel.audit.services import log_access, record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import CaseParty, Party
from yiwang.kernel.cases.services import parties
from yiwang.kernel.identity.models import Account, Organization
from yiwang.kernel.notices.services import notify
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules.deadlines import add

MOST_TEXT = 2000
BASIS = "个人信息保护法第五十条（处理个人行使权利的请求）"


def due_from(moment: datetime, area_path: str = "") -> datetime:
    """Return until when a request is answered: data/rights.toml says in how many working days."""
    return add(moment, limit("answer_days"), Kind.WORK_DAY, calendar_for(area_path))


def _text(value: str, field: str = "text", least: int = 4) -> str:
    text = value.replace("\r\n", "\n").strip()
    if not least <= len(text) <= MOST_TEXT:
        raise BadInput.one(field, "length", _("Write %(least)s to %(most)s characters.") % {"least": least, "most": MOST_TEXT})
    if not is_showable(text.replace("\n", " ")):
        raise BadInput.one(field, "control", _("The text has characters that cannot be shown. Type it again."))
    return text


def _open(actor: Actor, kind: str, text: str, *, org: Organization | None, values: dict[str, Any] | None = None, **more: Any) -> RightsRequest:
    account = actor.account_id or 0
    if queries.of_account(account).filter(state=RightsState.OPEN).count() >= limit("most_open"):
        raise TooManyOpen
    moment = now()
    area = org.area.path if org is not None else ""
    uid = uuid7()
    number = f"R{moment:%Y%m%d}{uid.int % 10**6:06d}"
    sealed = parties.encrypt(json.dumps(values, ensure_ascii=False), "rights") if values else b""
    try:
        with transaction.atomic():
            made = RightsRequest.objects.create(
                uid=uid, number=number, kind=kind, account_id=account, org=org, org_path=org.path if org else "", area_path=area, text=text, values=sealed,
                asked_at=moment, due_at=due_from(moment, area), **more,
            )  # fmt: skip
    except IntegrityError as error:
        raise AskedAlready from error
    RightsStep.objects.create(request=made, at=moment, what="asked", text="")
    ref = record(actor, action="datahub.rights.asked", data={"request": made.uid, "kind": kind, "organization": str(org.uid) if org else ""})
    _tell_body(made, ref.uid)
    return made


def _tell_body(made: RightsRequest, event_uid: UUID) -> None:
    """Tell those of the body who answer; nothing personal in it."""
    now_held = Account.objects.filter(
        holdings__post__role__grants__permission=queries.ANSWER, holdings__valid_to__isnull=True, is_active=True, holdings__post__organization=made.org
    ) if made.org_id else Account.objects.none()
    for account in now_held.distinct()[:20]:
        notify(
            kind="datahub.rights.asked", account_id=account.pk, event_uid=event_uid, subject_kind="rights", subject_uid=made.uid,
            title={"zh-Hans": f"有市民提出个人信息请求 {made.number}，请按期答复", "en": f"A citizen asked about his data: {made.number}; please answer in time"},
            link=reverse("datahub:answer", args=[made.uid]),
        )  # fmt: skip


@transaction.atomic
def ask_why(actor: Actor, position: int, *, text: str) -> RightsRequest:
    """Ask the body that read why it did.

    Raises
    ------
    NotFound
        The reading is not about the actor, or he may not know of it.
    AskedAlready
        His question about it is open.
    """
    queries.require(actor, queries.OWN)
    line = log.line_of(subject_of(actor.account_id or 0), position)
    org = Organization.objects.select_related("area").filter(pk=line.org_id or 0).first()
    return _open(actor, RightsKind.WHY, _text(text), org=org, register=line.register or "city.case", position=position, line_at=line.recorded_at)


@transaction.atomic
def ask_correction(actor: Actor, party_uid: UUID, *, field: str, wanted: str, text: str, kind: str = RightsKind.CORRECT) -> RightsRequest:
    """Ask the body that holds a value to put it right (更正), or with kind "erase" to delete the record (删除).

    Raises
    ------
    NotFound
        The record is not about the actor.
    BadInput
        No such field, or nothing to put there.
    """
    queries.require(actor, queries.OWN)
    party, org, register = _held(subject_of(actor.account_id or 0), party_uid)
    if kind == RightsKind.ERASE:
        return _open(actor, kind, _text(text), org=org, register=register, party_uid=party.uid)
    if field not in parties.FIELDS:
        raise BadInput.one("field", "choice", _("Choose what is wrong."))
    value = wanted.strip()
    if not 1 <= len(value) <= 200 or not is_showable(value):
        raise BadInput.one("wanted", "length", _("Write what should stand there."))
    return _open(actor, kind, _text(text), org=org, register=register, party_uid=party.uid, field=field, values={"wanted": value})


def _held(subject: Subject, party_uid: UUID) -> tuple[Party, Organization | None, str]:
    party = Party.objects.filter(uid=party_uid, pk__in=list(subject.parties)).first()
    if party is None:
        raise NotFound(what="record")
    link = CaseParty.objects.filter(party=party).select_related("case", "case__org", "case__org__area").order_by("pk").first()
    return party, link.case.org if link else None, f"{link.case.app}.case" if link else ""


@transaction.atomic
def ask_as_relative(actor: Actor, *, name: str, id_number: str, relation: str, text: str) -> RightsRequest:
    """Ask about the data of a dead near relative (PIPL art. 49): recorded, decided by the authority's steward with the papers at the counter."""
    queries.require(actor, queries.OWN)
    if not 2 <= len(name.strip()) <= 60:
        raise BadInput.one("name", "length", _("Write the name of the dead person."))
    if relation not in RELATIONS:
        raise BadInput.one("relation", "choice", _("Choose how you are related."))
    values = {"name": name.strip(), "id_number": id_number.strip()[:18], "relation": relation}
    return _open(actor, RightsKind.RELATIVE, _text(text), org=None, values=values)


RELATIONS = ("spouse", "child", "parent", "sibling", "grandparent", "grandchild")


@transaction.atomic
def withdraw(actor: Actor, uid: UUID) -> RightsRequest:
    """Take one's own open request back."""
    queries.own(actor, uid)
    row = _locked(uid)
    _close(row, RightsState.WITHDRAWN, "withdrawn", "", "")
    record(actor, action="datahub.rights.withdrawn", data={"request": row.uid})
    return row


def _locked(uid: UUID) -> RightsRequest:
    row = RightsRequest.objects.select_for_update().get(uid=uid)
    if row.state != RightsState.OPEN:
        raise NotOpen
    return row


def _close(row: RightsRequest, state: str, what: str, by: str, text: str) -> None:
    row.state, row.answered_at = state, now()
    row.save()
    RightsStep.objects.create(request=row, at=row.answered_at, what=what, by_name=by, text=text)


@transaction.atomic
def answer(actor: Actor, uid: UUID, *, granted: bool, text: str) -> RightsRequest:
    """Answer for the body: with the explanation, or the reason why not. A granted correction changes the value, a granted deletion empties it.

    Raises
    ------
    NotFound
        It is not the actor's body that answers.
    NotOpen
        It was answered or taken back.
    """
    queries.require(actor, queries.ANSWER)
    queries.waiting(actor, uid)
    row = _locked(uid)
    said = _text(text, "answer")
    if granted and row.party_uid is not None:
        _put_right(actor, row)
    row.answer, row.answered_by_id, row.answered_by_name = said, actor.account_id, actor.recorded_name[:120]
    _close(row, RightsState.ANSWERED if granted else RightsState.DECLINED, "answered" if granted else "declined", actor.recorded_name[:120], said)
    ref = record(actor, action="datahub.rights.answered", data={"request": row.uid, "kind": row.kind, "granted": granted, "late": now() > row.due_at})
    notify(
        kind="datahub.rights.answered", account_id=row.account_id, event_uid=ref.uid, subject_kind="rights", subject_uid=row.uid,
        title={"zh-Hans": f"您的个人信息请求 {row.number} 已答复", "en": f"Your request about your data {row.number} was answered"},
        link=reverse("datahub:my_request", args=[row.uid]),
    )  # fmt: skip
    return row


def _put_right(actor: Actor, row: RightsRequest) -> None:
    if row.party_uid is None:
        return
    party = Party.objects.select_for_update().filter(uid=row.party_uid, erased_at__isnull=True).first()
    if party is None:
        return
    if row.kind == RightsKind.ERASE:
        parties.erase(actor, party)
    elif row.kind == RightsKind.CORRECT:
        parties.correct(actor, party, row.field, str(queries.values(row).get("wanted", "")))


@transaction.atomic
def pass_on(actor: Actor, uid: UUID, *, org_uid: UUID, text: str) -> RightsRequest:
    """Give a request to the body that it really concerns; the limit stays."""
    queries.require(actor, queries.ANSWER)
    queries.waiting(actor, uid)
    row = _locked(uid)
    org = Organization.objects.select_related("area").filter(uid=org_uid, is_active=True).first()
    if org is None or org.pk == row.org_id:
        raise BadInput.one("org", "choice", _("Choose the body that it concerns."))
    why = _text(text, "text")
    row.org, row.org_path, row.area_path = org, org.path, org.area.path
    row.save(update_fields=["org", "org_path", "area_path"])
    RightsStep.objects.create(request=row, at=now(), what="passed_on", by_name=actor.recorded_name[:120], text=why)
    ref = record(actor, action="datahub.rights.passed_on", data={"request": row.uid, "organization": str(org.uid)})
    _tell_body(row, ref.uid)
    return row


@transaction.atomic
def reveal(actor: Actor, uid: UUID) -> dict[str, Any]:
    """Return what a request holds of personal values; the reading is on the person's own log with the request's number."""
    queries.require(actor, queries.ANSWER)
    row = queries.waiting(actor, uid)
    found = queries.values(row)
    own = [name if row.kind == RightsKind.CORRECT else f"relative.{name}" for name in found]
    log_access(
        actor, subject_uid=Account.objects.values_list("uid", flat=True).get(pk=row.account_id), fields=[row.field if n == "wanted" else n for n in own],
        purpose=f"办理个人信息权利请求 {row.number}", register="datahub.rights", basis=BASIS,
    )  # fmt: skip
    return found
