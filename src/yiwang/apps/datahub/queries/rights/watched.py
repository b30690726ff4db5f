"""Whose readings are looked at one by one: the auditor's list of people of public life, and how much is known of readers."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models import PublicPerson, ReaderFact
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.models import Account

KEEP = "audit.judge"  # who judges warnings says whose readings are worth one


def people(actor: Actor) -> QuerySet[PublicPerson]:
    """Return the list, the newest first; nobody but the auditor sees it."""
    rows = PublicPerson.objects.order_by("-pk")
    return rows if actor.may_anywhere(KEEP) else rows.none()


def one(actor: Actor, uid: UUID) -> PublicPerson:
    """Return one entry; raises NotFound."""
    found = people(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="watched_person")
    return found


def is_over(row: PublicPerson) -> bool:
    return row.until is not None and row.until < now().date()


def staff() -> QuerySet[Account]:
    """Return those who may read others: who holds a post and is no citizen."""
    return Account.objects.filter(is_citizen=False, is_active=True, holdings__valid_to__isnull=True, holdings__isnull=False).distinct()


def known_of_readers() -> dict[str, int]:
    """Return how many readers there are and of how many number, telephone and home are known."""
    facts = ReaderFact.objects.filter(account__in=staff().values("pk"))
    return {
        "readers": staff().count(), "number": facts.exclude(id_number_index="").count(), "phone": facts.exclude(phone_index="").count(),
        "home": facts.filter(~Q(home_index="") | ~Q(street_index="")).count(),
    }  # fmt: skip
