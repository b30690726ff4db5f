"""Whose data: an account with the parties and the person of the population base that it was confirmed to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from yiwang.apps.datahub.models import Citizen
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Party
from yiwang.kernel.cases.services.parties import blind_index
from yiwang.kernel.identity.models import Account


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A person as the platform knows him. `parties` maps ids to uids."""

    account_id: int
    account_uid: UUID  # readings of what he gave to this platform itself are logged under it
    parties: dict[int, UUID]
    person_uid: UUID | None = None
    is_confirmed: bool = False

    @property
    def person_uids(self) -> tuple[UUID, ...]:
        return (self.account_uid, self.person_uid) if self.person_uid else (self.account_uid,)


def subject_of(account_id: int) -> Subject:
    """Return who the account is; three queries.

    Without confirmation only what he entered himself while signed in. With it every party of the same identity number,
    and those of the same telephone and the same name together: a number alone may be another person's today.
    """
    known = Citizen.objects.filter(account_id=account_id).first()
    wanted = Q(account_id=account_id)
    if known is not None:
        wanted |= Q(id_number_index=known.id_number_index)
        if known.phone_index:
            wanted |= Q(phone_index=known.phone_index, name_index=known.name_index)
    rows = Party.objects.filter(wanted, erased_at__isnull=True).values_list("pk", "uid", "account_id", "id_number_index")
    # What he entered for somebody else (another identity number) is not about him.
    parties = {pk: uid for pk, uid, _account, index in rows if known is None or not index or index == known.id_number_index}
    account_uid = Account.objects.values_list("uid", flat=True).get(pk=account_id)
    return Subject(account_id=account_id, account_uid=account_uid, parties=parties, person_uid=known.person_uid if known else None, is_confirmed=known is not None)


def subject_of_actor(actor: Actor) -> Subject:
    assert actor.account_id is not None
    return subject_of(actor.account_id)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What vouches for name and identity number together. `phone_index` where the source knows one number of his."""

    method: str
    person_uid: UUID | None = None
    phone_index: str = ""


Verifier = Callable[[str, str], Proof | None]
_verifiers: list[Verifier] = []


def register_verifier(verifier: Verifier) -> None:
    """Name who can say that a name and an identity number belong together (核验): f(name, number) -> Proof or None."""
    if verifier not in _verifiers:
        _verifiers.insert(0, verifier)


def proof_of(name: str, id_number: str) -> Proof | None:
    """Ask those who can verify, the population base first, then the parties that offices have entered."""
    for verifier in (*_verifiers, _by_party):
        if (found := verifier(name, id_number)) is not None:
            return found
    return None


def _by_party(name: str, id_number: str) -> Proof | None:
    """A party that an office entered: what citizens and strangers write themselves vouches for nobody."""
    rows = Party.objects.filter(id_number_index=blind_index(id_number, "id_number"), name_index=blind_index(name, "name"), erased_at__isnull=True)
    offices = Account.objects.filter(is_citizen=False, pk__in=rows.values("account_id")).values("pk")
    found = rows.filter(account_id__in=offices).order_by("-pk").first()
    return Proof(method="party", phone_index=found.phone_index) if found else None
