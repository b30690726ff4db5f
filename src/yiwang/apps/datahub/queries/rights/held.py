"""What is held about a person, where it came from, until when (查阅、复制): one holding for each record of a register.

Other registers join by `register_holder`: f(subject) -> holdings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from yiwang.apps.datahub.models import Citizen, Consent, RightsRequest
from yiwang.apps.datahub.queries.rights.subject import Subject
from yiwang.apps.datahub.rules.rights import settings as shipped
from yiwang.kernel.base import texts
from yiwang.kernel.cases.models import CaseParty
from yiwang.kernel.cases.services.parties import FIELDS, decrypt, mask
from yiwang.kernel.identity.models import Account


@dataclass(frozen=True, kw_only=True)
class Value:
    field: str
    label: str
    plain: str
    masked: str


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One record about the person. `party_uid` is set where he may ask to correct a value."""

    register: str
    what: str  # "matter 371592..."
    source: str  # which body entered it, or how it came
    since: datetime | None
    values: tuple[Value, ...] = ()
    party_uid: UUID | None = None


Holder = Callable[[Subject], Iterable[Holding]]
_holders: list[Holder] = []


def register_holder(holder: Holder) -> None:
    """Name a register that holds people: f(subject) -> holdings; called on every visit, so in few queries."""
    if holder not in _holders:
        _holders.append(holder)


def holdings(subject: Subject) -> list[Holding]:
    return [*_account(subject), *(one for holder in _holders for one in holder(subject)), *_matters(subject), *_own_requests(subject)]


def _value(field: str, plain: str) -> Value:
    return Value(field=field, label=texts.pick(shipped.field_name(field)), plain=plain, masked=mask(plain, field))


def _account(subject: Subject) -> Iterable[Holding]:
    account = Account.objects.get(pk=subject.account_id)
    known = Citizen.objects.filter(account_id=subject.account_id).first()
    values = [Value(field="user_name", label=_("User name"), plain=account.username, masked=account.username)]
    if account.name:
        values.append(_value("name", account.name))
    if known is not None:
        said = _("Confirmed on %(day)s; only a keyed hash of the number is kept.") % {"day": known.confirmed_at.date().isoformat()}
        values.append(Value(field="confirmed", label=_("Identity"), plain=said, masked=said))
    yield Holding(register=_("Your account"), what=_("Account of this platform"), source=_("Entered by yourself"), since=account.date_joined, values=tuple(values))
    for one in Consent.objects.filter(account_id=subject.account_id, withdrawn_at__isnull=True).select_related("text"):
        yield Holding(register=_("Consents"), what=texts.pick(one.text.title), source=_("Given by yourself"), since=one.given_at)


def _matters(subject: Subject) -> Iterable[Holding]:
    rows = CaseParty.objects.filter(party_id__in=list(subject.parties)).select_related("party", "case", "case__matter", "case__org").order_by("-pk")[:500]
    for link in rows:
        values = tuple(_value(field, plain) for field in FIELDS if (plain := decrypt(bytes(getattr(link.party, field)), field)))
        case = link.case
        source = _("Entered by yourself") if link.party.account_id == subject.account_id else texts.pick(case.org.name) if case.org else _("The centre that took the report")
        yield Holding(
            register=texts.pick(shipped.register_name(f"{case.app}.case")), what=f"{texts.pick(case.matter.name)} {case.number or ''}".strip(), source=source,
            since=link.party.created_at, values=values, party_uid=link.party.uid,
        )  # fmt: skip


def _own_requests(subject: Subject) -> Iterable[Holding]:
    for row in RightsRequest.objects.filter(account_id=subject.account_id).order_by("-pk")[:200]:
        yield Holding(
            register=pgettext("rights", "Requests about your data"), what=f"{row.get_kind_display()} {row.number}", source=_("Entered by yourself"), since=row.asked_at,
        )  # fmt: skip
