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
from yiwang.apps.datahub.rules.base.masks import masked
from yiwang.apps.datahub.services.base import books, sealed
from yiwang.kernel.audit.services import log_access
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.texts import is_showable

LOOKUP, REVEAL = "datahub.person.lookup", "datahub.person.reveal"


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
    """Put a reading of these persons on the access log and on the trace of what went where. In the caller's transaction.

    The one place that both go through. The access log counts subjects by the negative of their number: parties of cases
    have the positive ones.
    """
    names, moment = sorted(fields), now()
    for subject in subjects:
        log_access(actor, party_id=-subject.pk, party_uid=subject.uid, fields=names, purpose=f"{why.purpose}｜{why.basis}｜{why.case_number}")
    Handed.objects.bulk_create(
        Handed(subject=s, how=how, org_id=actor.org_id, actor_name=(actor.client_name or actor.recorded_name)[:120], case_number=why.case_number, fields=names, at=moment)
        for s in subjects
    )


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
    actor.require(LOOKUP, **_anywhere(actor, LOOKUP))
    if plain:
        actor.require(REVEAL, **_anywhere(actor, REVEAL))
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


def _anywhere(actor: Actor, permission: str) -> dict[str, str]:
    """Return a place where the permission holds: which rows are seen is the queryset's affair."""
    scopes = actor.scopes(permission)
    return {"area_path": scopes[0].area_path, "org_path": scopes[0].org_path} if scopes else {}


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
    return [Read(uid=s.uid, values=tuple(_value(book.field(f), values[s.pk][f], plain) for f in wanted if f in values[s.pk])) for s in found]


def _value(rule: FieldRule, row: FieldValue, plain: bool) -> Value:
    mask, text = rule.mask, sealed.open_value(bytes(row.value), row.field)
    shown = text if plain else masked(text, mask)
    return Value(
        field=row.field, label=dict(rule.label), value=shown, is_masked=shown != text, source=row.source.name, org=row.source.org.name,
        why=row.why, at=row.at, lost=row.lost_count,
    )  # fmt: skip
