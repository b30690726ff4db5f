"""Giving and withdrawing consent (同意、撤回同意), and refusing what rests on a consent that is not there."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from yiwang.apps.datahub.errors import ConsentMissing
from yiwang.apps.datahub.models import Citizen, Consent, ConsentText
from yiwang.apps.datahub.queries.rights import consents as queries
from yiwang.apps.datahub.queries.rights.requests import OWN
from yiwang.apps.datahub.queries.rights.requests import require as require_permission
from yiwang.apps.datahub.queries.rights.subject import Subject
from yiwang.apps.datahub.rules.rights.settings import shipped
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound


def load_texts() -> None:
    """Install the shipped texts; a version that is there stays as it was. Safe to repeat."""
    for row in shipped()["consents"]:
        ConsentText.objects.get_or_create(purpose=row["purpose"], version=row["version"], defaults={"title": row["title"], "text": row["text"]})


def _locked(actor: Actor, purpose: str) -> QuerySet[Consent]:
    return Consent.objects.select_for_update().filter(account_id=actor.account_id or 0, purpose=purpose, withdrawn_at__isnull=True)


@transaction.atomic
def give(actor: Actor, purpose: str, *, channel: str = "page") -> Consent:
    """Agree to the present text of a purpose. Twice is once; agreement to an older text ends.

    Raises
    ------
    NotFound
        No such purpose.
    """
    require_permission(actor, OWN)
    text = queries.present_texts().get(purpose)
    if text is None:
        raise NotFound(what="consent")
    moment = now()
    for row in _locked(actor, purpose):
        if row.text_id == text.pk:
            return row
        row.withdrawn_at, row.withdrawn_channel = moment, "new-text"
        row.save(update_fields=["withdrawn_at", "withdrawn_channel"])
    person = Citizen.objects.filter(account_id=actor.account_id or 0).values_list("person_uid", flat=True).first()
    made = Consent.objects.create(account_id=actor.account_id or 0, person_uid=person, text=text, purpose=purpose, channel=channel, given_at=moment)
    record(actor, action="datahub.consent.given", data={"consent": made.uid, "purpose": purpose, "version": text.version})
    return made


@transaction.atomic
def withdraw(actor: Actor, purpose: str, *, channel: str = "page") -> bool:
    """Take a consent back; what was done before stays lawful, nothing is done on it from now on. Twice is once."""
    require_permission(actor, OWN)
    rows = list(_locked(actor, purpose))
    for row in rows:
        row.withdrawn_at, row.withdrawn_channel = now(), channel
        row.save(update_fields=["withdrawn_at", "withdrawn_channel"])
        record(actor, action="datahub.consent.withdrawn", data={"consent": row.uid, "purpose": purpose})
    return bool(rows)


def require(subject: Subject | UUID | int, purpose: str) -> str:
    """Return the basis to write into the reading, or refuse: for code that reads on the ground of consent.

    Raises
    ------
    ConsentMissing
        The person does not agree now.
    """
    if not queries.standing(subject, purpose):
        raise ConsentMissing
    return f"个人信息保护法第十三条第一项（本人同意：{purpose}）"
