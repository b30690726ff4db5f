"""Which readings are of somebody near the reader, or of a person of public life: told to the watch (kernel.audit.readings)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from yiwang.apps.datahub.models import PublicPerson, ReaderFact
from yiwang.kernel.audit.models import AccessLog
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Party
from yiwang.kernel.cases.services.parties import blind_index, decrypt

_STREET = re.compile(r"^(?P<street>.*?(?:大街|大道|路|街|巷|道|弄|里|胡同|小区|苑|村))(?P<house>\d+(?:号院|号楼|号|栋|幢|弄)?(?:\d+(?:号楼|栋|幢))?)?")


@dataclass(frozen=True)
class Home:
    """An address cut for comparing: all of it, street and house, street. Empty where it does not say."""

    whole: str = ""
    house: str = ""
    street: str = ""


def home_of(address: str) -> Home:
    """Return the parts of a Chinese address.

    >>> home_of("云望市望川区柳岸街 12号 3单元201")
    Home(whole='柳岸街12号3单元201', house='柳岸街12号', street='柳岸街')
    """
    text = re.sub(r"[\s,，、-]", "", unicodedata.normalize("NFKC", address)).upper()
    if (found := re.match(r"^.*?(?:区|县|街道|镇|乡)(?=.{2})", text)) and not found.group(0).endswith(("小区", "社区")):
        text = text[found.end():]
        if (more := re.match(r"^[^路街巷]{1,6}(?:街道|镇|乡)(?=.{2})", text)):
            text = text[more.end():]
    found = _STREET.match(text)
    if found is None:
        return Home(whole=text if len(text) > 4 else "")
    street, house = found["street"], found["house"] or ""
    return Home(whole=text if house else "", house=street + house if house else "", street=street)


COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒")


def surname(name: str) -> str:
    return name[:2] if name[:2] in COMPOUND and len(name) > 2 else name[:1]


def relations(lines: Sequence[AccessLog]) -> dict[int, set[str]]:
    """Return {position: relations} of lines of the access log; four queries. Addresses are read here by the watch, shown to nobody."""
    readers = {fact.account_id: fact for fact in ReaderFact.objects.filter(account_id__in={line.actor_id for line in lines if line.actor_id})}
    parties = {p.pk: p for p in Party.objects.filter(pk__in={line.party_id for line in lines if line.party_id}, erased_at__isnull=True)}
    ids = {p.id_number_index for p in parties.values() if p.id_number_index}
    phones = {p.phone_index for p in parties.values() if p.phone_index}
    staff = ReaderFact.objects.filter(Q(id_number_index__in=ids) | Q(phone_index__in=phones))
    colleagues = {index: fact.account_id for fact in staff for index in (fact.id_number_index, fact.phone_index) if index}
    famous = _public(ids, phones)
    homes = {pk: home_of(decrypt(bytes(p.address), "address")) for pk, p in parties.items()}
    found: dict[int, set[str]] = {}
    for line in lines:
        party = parties.get(line.party_id or 0)
        if party is None:
            continue
        own = {i for i in (party.id_number_index, party.phone_index) if i}
        kinds: set[str] = set()
        if own & famous:
            kinds.add("public")
        staffed = {colleagues[i] for i in own if i in colleagues}
        if staffed and line.actor_id not in staffed:
            kinds.add("colleague")
        if line.actor_id in staffed:
            kinds.add("own")
        elif (fact := readers.get(line.actor_id or 0)) is not None:
            kinds |= _near(fact, party, homes[party.pk])
        if kinds:
            found[line.position] = kinds
    return found


def _near(fact: ReaderFact, party: Party, home: Home) -> set[str]:
    if home.whole and fact.home_index == blind_index(home.whole, "home"):
        return {"household"}
    if home.house and fact.house_index == blind_index(home.house, "home"):
        return {"neighbour"}
    if home.street and fact.street_index == blind_index(home.street, "home") and fact.surname_index:
        name = decrypt(bytes(party.name), "name")
        if name and fact.surname_index == blind_index(surname(name), "surname"):
            return {"relative"}
    return set()


def _public(ids: set[str], phones: set[str]) -> set[str]:
    rows = PublicPerson.objects.filter(Q(id_number_index__in=ids) | Q(phone_index__in=phones)).filter(Q(until__isnull=True) | Q(until__gte=now().date()))
    return {index for row in rows for index in (row.id_number_index, row.phone_index) if index}
