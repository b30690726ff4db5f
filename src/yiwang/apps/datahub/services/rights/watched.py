"""Filling what the watch compares: who readers are and where they live, and people of public life. Keyed hashes alone are kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import Citizen, PublicPerson, ReaderFact
from yiwang.apps.datahub.queries.rights import watched as queries
from yiwang.apps.datahub.queries.rights.nearness import home_of, surname
from yiwang.apps.datahub.rules.rights.numbers import is_identity_number
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.models import Party
from yiwang.kernel.cases.services.parties import blind_index, decrypt
from yiwang.kernel.identity.models import Account

_MOBILE = re.compile(r"1[3-9]\d{9}")
_COLUMNS = ("id_number_index", "phone_index", "surname_index", "home_index", "house_index", "street_index")


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def home_indexes(address: str) -> dict[str, str]:
    """Return an address as the three hashes of a ReaderFact; empty where it says nothing."""
    home = home_of(address)
    return {name: blind_index(text, "home") if text else "" for name, text in (("home_index", home.whole), ("house_index", home.house), ("street_index", home.street))}


@transaction.atomic
def refresh_readers() -> int:
    """Bring what is known of readers up to date from the platform's own tables; returns how many changed. A daily job.

    Name and mobile number come from the account, the identity number from a confirmed person of the same account, the
    home from matters in which he himself stands: same number, or same name and telephone. What a roster said stays
    where nothing newer is known.
    """
    facts = {fact.account_id: fact for fact in ReaderFact.objects.all()}
    known = {c.account_id: c for c in Citizen.objects.all()}
    changed = []
    for account in queries.staff():
        fact = facts.get(account.pk) or ReaderFact(account=account)
        before = [getattr(fact, c) for c in _COLUMNS]
        _learn(fact, account, known.get(account.pk))
        if fact.pk is None or before != [getattr(fact, c) for c in _COLUMNS]:
            fact.save()
            changed.append(account.pk)
    gone = ReaderFact.objects.exclude(account__in=queries.staff().values("pk")).delete()[0]  # who reads no more is not kept
    if changed or gone:
        record(system("watch"), action="datahub.rights.readers_refreshed", data={"changed": len(changed), "gone": gone})
    return len(changed)


def _learn(fact: ReaderFact, account: Account, citizen: Citizen | None) -> None:
    phone = _plain(account.duty_phone)
    if account.name:
        fact.surname_index = blind_index(surname(account.name), "surname")
    if _MOBILE.fullmatch(phone):
        fact.phone_index = blind_index(phone, "phone")
    if citizen is not None:
        fact.id_number_index, fact.phone_index = citizen.id_number_index, citizen.phone_index or fact.phone_index
    party = None
    if fact.id_number_index:
        party = Party.objects.filter(id_number_index=fact.id_number_index, erased_at__isnull=True).exclude(address=b"").order_by("-pk").first()
    if party is None and fact.phone_index and account.name:
        same = Party.objects.filter(phone_index=fact.phone_index, name_index=blind_index(account.name, "name"), erased_at__isnull=True)
        party = same.exclude(address=b"").order_by("-pk").first()
    if party is not None:
        for name, index in home_indexes(decrypt(bytes(party.address), "address")).items():
            setattr(fact, name, index or getattr(fact, name))


@dataclass(kw_only=True)
class Taken:
    """What came of a roster: how many readers it told of, and the lines that say nothing usable, with the reason."""

    readers: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def take_roster(actor: Actor, rows: Iterable[Mapping[str, str]]) -> Taken:
    """Learn who readers are from a personnel list (花名册): username, id_number, phone, address; all but the first may be empty.

    The list itself is not kept. Lines that name no reader or hold a wrong number are told by their line and left out.
    """
    accounts = {a.username: a for a in queries.staff()}
    made = Taken()
    for line, row in enumerate(rows, 2):
        account = accounts.get((row.get("username") or "").strip())
        number, phone = _plain(row.get("id_number") or ""), _plain(row.get("phone") or "")
        if account is None:
            made.refused.append((line, "no such reader"))
        elif number and not is_identity_number(number):
            made.refused.append((line, "id_number is none"))
        elif phone and not re.fullmatch(r"\+?\d{5,15}", phone):
            made.refused.append((line, "phone is none"))
        else:
            fact = ReaderFact.objects.filter(account=account).first() or ReaderFact(account=account)
            fact.id_number_index = blind_index(number, "id_number") if number else fact.id_number_index
            fact.phone_index = blind_index(phone, "phone") if phone else fact.phone_index
            for name, index in home_indexes(row.get("address") or "").items():
                setattr(fact, name, index or getattr(fact, name))
            if account.name:
                fact.surname_index = blind_index(surname(account.name), "surname")
            fact.save()
            made.readers += 1
    record(actor, action="datahub.rights.roster_taken", data={"readers": made.readers, "refused": len(made.refused)})
    return made


@transaction.atomic
def watch_person(actor: Actor, *, name: str, id_number: str = "", phone: str = "", label: str = "", until: date | None = None) -> PublicPerson:
    """Put somebody of public life (公众人物) on the list: each reading of his records is named to the auditor from now on.

    Only keyed hashes of name, number and telephone are kept; `label` is how the auditor calls the entry.

    Raises
    ------
    NotPermitted
        The actor is no audit administrator.
    BadInput
        Neither number nor telephone, or one that is none; a day that is over.
    """
    actor.require(queries.KEEP)
    number, called, given = _plain(id_number), _plain(phone), _plain(name)
    if not 2 <= len(given) <= 60:
        raise BadInput.one("name", "length", _("Write the person's name."))
    if not number and not called:
        raise BadInput.one("id_number", "required", _("Write the identity number or the telephone number: a name alone is many people."))
    if number and not is_identity_number(number):
        raise BadInput.one("id_number", "check", _("This is no identity number: 18 characters, the last one checks the others."))
    if called and not re.fullmatch(r"\+?\d{5,15}", called):
        raise BadInput.one("phone", "form", _("This is no telephone number."))
    if until is not None and until < now().date():
        raise BadInput.one("until", "past", _("This day is over."))
    made = PublicPerson.objects.create(
        name_index=blind_index(given, "name"), id_number_index=blind_index(number, "id_number") if number else "",
        phone_index=blind_index(called, "phone") if called else "", until=until, label=label.strip()[:60], added_by_name=actor.recorded_name[:120],
    )  # fmt: skip
    record(actor, action="datahub.rights.person_watched", data={"entry": made.uid, "until": until})
    return made


@transaction.atomic
def unwatch_person(actor: Actor, uid: UUID) -> None:
    """Take an entry off the list; that it stood there stays on record. Raises NotPermitted, NotFound."""
    actor.require(queries.KEEP)
    row = queries.one(actor, uid)
    record(actor, action="datahub.rights.person_unwatched", data={"entry": row.uid, "label": row.label})
    row.delete()
