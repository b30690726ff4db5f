"""Real-name confirmation (实名认证): an account becomes a person by name and identity number that somebody else vouches for."""

from __future__ import annotations

import unicodedata

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import AlreadySomebody, NotConfirmed
from yiwang.apps.datahub.models import Citizen
from yiwang.apps.datahub.queries.rights.requests import OWN
from yiwang.apps.datahub.queries.rights.requests import require as require_permission
from yiwang.apps.datahub.queries.rights.subject import proof_of
from yiwang.apps.datahub.rules.rights.numbers import is_identity_number
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.services.parties import blind_index


def confirm(actor: Actor, *, name: str, id_number: str) -> Citizen:
    """Say who the account is. Neither value is kept: only keyed hashes, by which his records are found.

    Raises
    ------
    BadInput
        No name, or a number whose check character is wrong.
    NotConfirmed
        Nobody vouches for both together. The refusal goes on record.
    AlreadySomebody
        The account is confirmed, or somebody else is this person.
    """
    require_permission(actor, OWN)
    given = "".join(unicodedata.normalize("NFKC", name).split())
    number = "".join(unicodedata.normalize("NFKC", id_number).split()).upper()
    if not 2 <= len(given) <= 60:
        raise BadInput.one("name", "length", _("Write your name as it stands on your identity card."))
    if not is_identity_number(number):
        raise BadInput.one("id_number", "check", _("This is no identity number: 18 characters, the last one checks the others."))
    index = blind_index(number, "id_number")
    with transaction.atomic():
        taken = Citizen.objects.filter(id_number_index=index).exists() or Citizen.objects.filter(account_id=actor.account_id or 0).exists()
        proof = None if taken else proof_of(given, number)
        if proof is None:
            record(actor, action="datahub.rights.identity_refused", data={"why": "taken" if taken else "unknown"})
        else:
            try:
                with transaction.atomic():
                    made = Citizen.objects.create(
                        account_id=actor.account_id or 0, id_number_index=index, name_index=blind_index(given, "name"), phone_index=proof.phone_index,
                        person_uid=proof.person_uid, method=proof.method, confirmed_at=now(),
                    )  # fmt: skip
            except IntegrityError as error:
                raise AlreadySomebody from error
            record(actor, action="datahub.rights.identity_confirmed", data={"method": proof.method})
            return made
    raise AlreadySomebody if taken else NotConfirmed
