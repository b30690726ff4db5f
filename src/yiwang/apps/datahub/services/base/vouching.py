"""What the population base says to a citizen about himself: that he is this person, and what is held of him, by whom."""

from __future__ import annotations

from collections.abc import Iterator

from yiwang.apps.datahub.models import FieldValue
from yiwang.apps.datahub.models import Subject as Golden
from yiwang.apps.datahub.queries.rights.held import Holding, Value
from yiwang.apps.datahub.queries.rights.subject import Proof, Subject
from yiwang.apps.datahub.rules.rights import settings as shipped
from yiwang.apps.datahub.services.base import books
from yiwang.apps.datahub.services.base.reading import PERSONS, find, value_of
from yiwang.kernel.base import texts


def vouch(name: str, number: str) -> Proof | None:
    """Say that a name and an identity number belong together: exactly one golden record has both."""
    found = list(find("person", number=number, name=name)[:2])
    return Proof(method="population", person_uid=found[0].uid) if len(found) == 1 else None


def held(subject: Subject) -> Iterator[Holding]:
    """Yield what each source holds of a confirmed person; two queries, none for whoever is not confirmed by this base."""
    person = Golden.objects.filter(uid=subject.person_uid, kind="person").first() if subject.person_uid else None
    if person is None:
        return
    book = books.in_force("person")
    values: dict[str, list[FieldValue]] = {}
    for row in FieldValue.objects.filter(subject=person, field__in=book.names).select_related("source__org").order_by("pk"):
        values.setdefault(row.source.code, []).append(row)
    for rows in values.values():
        source = rows[0].source
        yield Holding(
            register=texts.pick(shipped.register_name(PERSONS)), what=texts.pick(source.name), source=texts.pick(source.org.name), since=None,
            values=tuple(
                Value(
                    field=row.field, label=texts.pick(dict(book.field(row.field).label)), plain=value_of(book.field(row.field), row, plain=True).value,
                    masked=value_of(book.field(row.field), row, plain=False).value,
                )
                for row in rows
            ),
        )  # fmt: skip
