"""Reading a legal entity (法人单位): what it publishes of itself is shown, what is a person's asks for a reason and stands on his log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from yiwang.apps.datahub.models import FieldValue, Subject, SubjectState
from yiwang.apps.datahub.queries.base import subjects as queries
from yiwang.apps.datahub.services.base import books, reading, sealed
from yiwang.apps.datahub.services.base.places import anywhere
from yiwang.kernel.base.actor import Actor

LOOKUP = "datahub.entity.lookup"


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a line of a list says of an entity."""

    uid: UUID
    name: str
    credit_code: str
    status: str
    kind: str


def heads(subjects: Sequence[Subject]) -> list[Head]:
    """Return the lines of a list, in two queries however long it is."""
    found: dict[int, dict[str, str]] = {}
    for row in FieldValue.objects.filter(subject__in=subjects, field__in=("status", "entity_kind")):
        found.setdefault(row.subject_id, {})[row.field] = sealed.open_value(bytes(row.value), row.field)
    return [
        Head(uid=s.uid, name=s.label, credit_code=s.number, status=found.get(s.pk, {}).get("status", ""), kind=found.get(s.pk, {}).get("entity_kind", ""))
        for s in subjects
    ]  # fmt: skip


@transaction.atomic
def open_entity(actor: Actor, subject: Subject, *, plain: bool = False, why: reading.Why | None = None) -> tuple[reading.Value, ...]:
    """Return the values of an entity that the caller has found by `queries.one`: numbers and telephones of people masked.

    With `plain` they are whole: that asks for the permission and a reason, and stands on the log of the person concerned.
    """
    book = books.in_force("entity")
    rows = {row.field: row for row in FieldValue.objects.filter(subject=subject).select_related("source__org")}
    if plain:
        why = (why or reading.Why(purpose="", basis="", case_number="")).checked()
        actor.require(reading.REVEAL, **anywhere(actor, reading.REVEAL))
        reading.note_reading(actor, [subject], how="lookup", fields=list(rows), why=why)
    return tuple(reading.value_of(book.field(name), rows[name], plain) for name in book.names if name in rows)


def representative(actor: Actor, subject: Subject) -> Subject | None:
    """Return the golden record of the legal representative, where the population base has him and the actor may look him up."""
    (found,) = reading.persons_behind([subject]).values() or (None,)
    if found is None or not actor.may_anywhere(reading.LOOKUP):
        return None
    return queries.visible_to(actor, "person").filter(pk=found.pk).first()


def parent(subject: Subject) -> Subject | None:
    """Return the entity whose branch this one is."""
    row = FieldValue.objects.filter(subject=subject, field="parent_credit_code").first()
    if row is None:
        return None
    code = sealed.open_value(bytes(row.value), row.field)
    return Subject.objects.filter(kind="entity", state=SubjectState.LIVE, number=code).order_by("pk").first()


def branches(subject: Subject) -> list[Subject]:
    """Return the entities that name this one as theirs, at most 200."""
    if not subject.number:
        return []
    index = sealed.index_of(subject.number, "parent_credit_code")
    wanted = FieldValue.objects.filter(field="parent_credit_code", index=index).values("subject_id")
    return list(Subject.objects.filter(pk__in=wanted, kind="entity", state=SubjectState.LIVE).order_by("label", "pk")[:200])


def represented_by(person: Subject) -> list[Subject]:
    """Return the entities whose legal representative a person is; to be asked when his record is opened with a reason."""
    row = FieldValue.objects.filter(subject=person, field="id_number").first()
    if row is None:
        return []
    index = sealed.index_of(sealed.open_value(bytes(row.value), row.field), "legal_representative_number")
    wanted = FieldValue.objects.filter(field="legal_representative_number", index=index).values("subject_id")
    return list(Subject.objects.filter(pk__in=wanted, kind="entity", state=SubjectState.LIVE).order_by("label", "pk")[:50])
