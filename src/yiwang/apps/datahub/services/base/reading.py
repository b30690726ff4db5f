"""Every reading of somebody's data says what for, by what right, in which case, and stands on the access log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import NoPurpose
from yiwang.apps.datahub.models import FieldValue, Handed, Subject
from yiwang.apps.datahub.queries.base import subjects as queries
from yiwang.apps.datahub.rules.base.book import FieldRule
from yiwang.apps.datahub.services.base import books, sealed
from yiwang.apps.datahub.services.base.places import anywhere
from yiwang.kernel.audit.services import log_access
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.texts import is_showable

LOOKUP, REVEAL = "datahub.person.lookup", "datahub.person.reveal"
BEHIND = "legal_representative_number"  # the one field of an entity by which a person is known
PERSONS, ENTITIES = "datahub.population", "datahub.legal"  # registers, as readings name them


@dataclass(frozen=True, kw_only=True)
class Why:
    """What a reading is for: purpose, legal basis, number of the case or item. All three, or nothing is read."""

    purpose: str
    basis: str
    case_number: str

    def checked(self) -> Why:
        texts = [" ".join(t.split()) for t in (self.purpose, self.basis, self.case_number)]
        if not all(texts):
            raise NoPurpose
        if not all(is_showable(t) for t in texts) or len(texts[0]) > 200 or len(texts[1]) > 500 or len(texts[2]) > 80:
            raise BadInput.one("purpose", "text", _("The text has characters that cannot be shown. Type it again."))
        return Why(purpose=texts[0], basis=texts[1], case_number=texts[2])


@dataclass(frozen=True, kw_only=True)
class Value:
    """One field as it is handed out, with whose it is."""

    field: str
    label: dict[str, str]
    value: str
    is_masked: bool
    source: dict[str, str]
    org: dict[str, str]
    why: str
    at: str
    lost: int = 0


@dataclass(frozen=True, kw_only=True)
class Read:
    uid: UUID
    values: tuple[Value, ...] = field(default=())


def note_reading(actor: Actor, subjects: Sequence[Subject], *, how: str, fields: Iterable[str], why: Why) -> None:
    """Put a reading of these records on the access log and on the trace of what went where. In the caller's transaction.

    The one place that both go through. Of a legal entity only what is its legal representative's is somebody's: it stands on
    his log, if the population base has him.
    """
    names, moment = sorted(fields), now()
    behind = persons_behind([s for s in subjects if s.kind == "entity"]) if BEHIND in names else {}
    for subject in subjects:
        person = subject if subject.kind == "person" else behind.get(subject.pk)
        if person is not None:
            read, register = (names, PERSONS) if subject.kind == "person" else (["id_number"], ENTITIES)
            log_access(actor, subject_uid=person.uid, fields=read, purpose=f"{why.purpose}（{why.case_number}）", basis=why.basis, register=register)
    Handed.objects.bulk_create(
        Handed(subject=s, how=how, org_id=actor.org_id, actor_name=(actor.client_name or actor.recorded_name)[:120], case_number=why.case_number, fields=names, at=moment)
        for s in subjects
    )


def persons_behind(entities: Sequence[Subject]) -> dict[int, Subject]:
    """Return the golden record of each entity's legal representative, of those that the population base has once."""
    numbers = {
        row.subject_id: sealed.index_of(sealed.open_value(bytes(row.value), row.field), "id_number")
        for row in FieldValue.objects.filter(subject__in=entities, field=BEHIND)
    }
    people: dict[str, list[Subject]] = {}
    for one in Subject.objects.filter(kind="person", state="live", number_index__in=set(numbers.values()) - {""}).order_by("pk"):
        people.setdefault(one.number_index, []).append(one)
    return {entity: people[index][0] for entity, index in numbers.items() if len(people.get(index, ())) == 1}


def find(kind: str, *, number: str = "", name: str = "", birth_date: str = "") -> QuerySet[Subject]:
    """Return the live golden records with this number, or with this name and birth date; both are compared by hash."""
    rows = Subject.objects.filter(kind=kind, state="live")
    if number:
        rows = rows.filter(number_index=sealed.index_of(number, "id_number" if kind == "person" else "credit_code"))
        return rows.filter(name_index=sealed.index_of(name, "name")) if name else rows
    if not (name and birth_date):
        return rows.none()
    birth = FieldValue.objects.filter(field="birth_date", index=sealed.index_of(birth_date, "birth_date")).values("subject_id")
    return rows.filter(name_index=sealed.index_of(name, "name"), pk__in=birth)


@transaction.atomic
def lookup(actor: Actor, *, why: Why, number: str = "", name: str = "", birth_date: str = "", uid: UUID | None = None, fields: Sequence[str] = (), plain: bool = False) -> list[Read]:
    """Read persons by number, or by name and birth date, or by uid: masked, unless `plain` is asked and allowed.

    An org-bound actor finds those of whom a register of his own bureau tells. Whoever finds nobody leaves no trace on
    anybody's log.

    Raises
    ------
    NoPurpose
        Purpose, legal basis or case is missing.
    NotPermitted
        No right to look up, or to see plain values.
    """
    why = why.checked()
    actor.require(LOOKUP, **anywhere(actor, LOOKUP))
    if plain:
        actor.require(REVEAL, **anywhere(actor, REVEAL))
    rows = queries.visible_to(actor, "person")
    if uid is not None:
        rows = rows.filter(uid=uid)
    else:
        if not number and not (name and birth_date):
            raise BadInput.one("number", "required", _("Give the identity number, or name and birth date."))
        rows = rows.filter(pk__in=find("person", number=number, name=name, birth_date=birth_date).values("pk"))
    found = list(rows.order_by("pk")[:10])
    if uid is not None and not found:
        raise NotFound(what="person")
    return hand_out(actor, found, how="lookup", fields=fields, why=why, plain=plain)


def hand_out(actor: Actor, found: Sequence[Subject], *, how: str, fields: Sequence[str], why: Why, plain: bool) -> list[Read]:
    """Open the values of these persons and note it; the caller has asked for the permission."""
    if not found:
        return []
    book = books.in_force(found[0].kind)
    wanted = [f for f in book.names if not fields or f in fields]
    if unknown := sorted(set(fields) - set(book.names)):
        raise BadInput.one("fields", "unknown", _("There is no field %(name)s.") % {"name": unknown[0]})
    values: dict[int, dict[str, FieldValue]] = {s.pk: {} for s in found}
    for row in FieldValue.objects.filter(subject__in=found, field__in=wanted).select_related("source__org"):
        values[row.subject_id][row.field] = row
    note_reading(actor, found, how=how, fields=[f for f in wanted if any(f in v for v in values.values())], why=why)
    return [Read(uid=s.uid, values=tuple(value_of(book.field(f), values[s.pk][f], plain) for f in wanted if f in values[s.pk])) for s in found]


def value_of(rule: FieldRule, row: FieldValue, plain: bool) -> Value:
    """Return one field as it is handed out: masked by its rule, unless `plain`."""
    text = sealed.open_value(bytes(row.value), row.field)
    shown = text if plain else rule.shown(text)
    return Value(
        field=row.field, label=dict(rule.label), value=shown, is_masked=shown != text, source=row.source.name, org=row.source.org.name,
        why=row.why, at=row.at, lost=row.lost_count,
    )  # fmt: skip
