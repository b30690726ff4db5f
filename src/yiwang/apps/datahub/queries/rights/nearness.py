"""Which readings are of somebody near the reader, or of a person of public life: told to the watch (kernel.audit.readings)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from yiwang.apps.datahub.models import Citizen, PublicPerson, ReaderFact
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


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a person who was read: keyed hashes of his identity number and telephone, name and address in the clear."""

    indexes: frozenset[str] = frozenset()
    name: str = ""
    address: str = ""


FactsFinder = Callable[[Collection[UUID]], Mapping[UUID, Facts]]
_facts_finders: list[FactsFinder] = []


def register_facts(finder: FactsFinder) -> None:
    """Name who knows people that are no party of a matter (the population base): f(uids) -> {uid: facts}."""
    if finder not in _facts_finders:
        _facts_finders.append(finder)


def _facts(lines: Sequence[AccessLog]) -> dict[tuple[int, UUID | None], Facts]:
    """Return what is known of each person read, by (party, person)."""
    found: dict[tuple[int, UUID | None], Facts] = {}
    for p in Party.objects.filter(pk__in={line.party_id for line in lines if line.party_id}, erased_at__isnull=True):
        indexes = frozenset(i for i in (p.id_number_index, p.phone_index) if i)
        found[(p.pk, None)] = Facts(indexes=indexes, name=decrypt(bytes(p.name), "name"), address=decrypt(bytes(p.address), "address"))
    uids = {line.subject_uid for line in lines if line.subject_uid and not line.party_id}
    if uids:
        for one in Citizen.objects.filter(Q(account__uid__in=uids) | Q(person_uid__in=uids)).select_related("account"):
            known = Facts(indexes=frozenset(i for i in (one.id_number_index, one.phone_index) if i))
            found |= {(0, uid): known for uid in (one.account.uid, one.person_uid) if uid in uids}
        for finder in _facts_finders:
            found |= {(0, uid): told for uid, told in finder(uids).items()}
    return found


def relations(lines: Sequence[AccessLog]) -> dict[int, set[str]]:
    """Return {position: relations} of lines of the access log; a fixed number of queries. Addresses are read here by the watch, shown to nobody."""
    readers = {fact.account_id: fact for fact in ReaderFact.objects.filter(account_id__in={line.actor_id for line in lines if line.actor_id})}
    people = _facts(lines)
    every = {index for facts in people.values() for index in facts.indexes}
    staff = ReaderFact.objects.filter(Q(id_number_index__in=every) | Q(phone_index__in=every))
    colleagues = {index: fact.account_id for fact in staff for index in (fact.id_number_index, fact.phone_index) if index}
    famous = _public(every)
    homes = {key: home_of(facts.address) for key, facts in people.items()}
    found: dict[int, set[str]] = {}
    for line in lines:
        key = (line.party_id, None) if line.party_id else (0, line.subject_uid)
        facts = people.get(key)
        if facts is None:
            continue
        kinds: set[str] = set()
        if facts.indexes & famous:
            kinds.add("public")
        staffed = {colleagues[i] for i in facts.indexes if i in colleagues}
        if staffed and line.actor_id not in staffed:
            kinds.add("colleague")
        if line.actor_id in staffed:
            kinds.add("own")
        elif (fact := readers.get(line.actor_id or 0)) is not None:
            kinds |= _near(fact, facts.name, homes[key])
        if kinds:
            found[line.position] = kinds
    return found


def _near(fact: ReaderFact, name: str, home: Home) -> set[str]:
    if home.whole and fact.home_index == blind_index(home.whole, "home"):
        return {"household"}
    if home.house and fact.house_index == blind_index(home.house, "home"):
        return {"neighbour"}
    if home.street and fact.street_index == blind_index(home.street, "home") and fact.surname_index and name and fact.surname_index == blind_index(surname(name), "surname"):
        return {"relative"}
    return set()


def _public(indexes: set[str]) -> set[str]:
    rows = PublicPerson.objects.filter(Q(id_number_index__in=indexes) | Q(phone_index__in=indexes)).filter(Q(until__isnull=True) | Q(until__gte=now().date()))
    return {index for row in rows for index in (row.id_number_index, row.phone_index) if index}
