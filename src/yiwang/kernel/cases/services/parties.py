"""Personal values: encrypted by field, found by a keyed blind index, read only with a purpose."""

import base64
import hashlib
import hmac
import os
import re
from functools import cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import log_access, record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.contracts import PersonDraft
from yiwang.kernel.cases.models import Case, CaseParty, Party

FIELDS = ("name", "phone", "id_number", "address")


@cache
def _cipher() -> AESGCM:
    return AESGCM(hashlib.sha256(settings.FIELD_KEY.encode()).digest())


def encrypt(value: str, field: str) -> bytes:
    """Return nonce + ciphertext (AES-256-GCM); the field's name is bound in, so values cannot be swapped."""
    if not value:
        return b""
    nonce = os.urandom(12)
    return nonce + _cipher().encrypt(nonce, value.encode(), field.encode())


def decrypt(blob: bytes, field: str) -> str:
    blob = bytes(blob)
    return _cipher().decrypt(blob[:12], blob[12:], field.encode()).decode() if blob else ""


def normalise(value: str, field: str) -> str:
    if field == "phone":
        digits = re.sub(r"\D", "", value)
        return digits[2:] if digits.startswith("86") and len(digits) == 13 else digits
    return re.sub(r"\s+", "", value).upper()


def blind_index(value: str, field: str) -> str:
    """Return a keyed hash by which equal values are found without being readable."""
    plain = normalise(value, field)
    if not plain:
        return ""
    key = settings.BLIND_INDEX_KEY.encode()
    return base64.b64encode(hmac.new(key, f"{field}:{plain}".encode(), hashlib.sha256).digest()).decode()


def add_party(case: Case, person: PersonDraft, *, report_id: int | None, account_id: int | None = None) -> Party | None:
    """Store who reported; nothing when nothing was given."""
    if not any(getattr(person, f) for f in FIELDS):
        return None
    party = Party(account_id=account_id)
    for field in FIELDS:
        setattr(party, field, encrypt(getattr(person, field), field))
    party.phone_index = blind_index(person.phone, "phone")
    party.name_index = blind_index(person.name, "name")
    party.id_number_index = blind_index(person.id_number, "id_number")
    party.save()
    CaseParty.objects.create(
        case=case, party=party, report_id=report_id, is_secret=person.secret, wants_answer=person.wants_answer
    )
    return party


def mask(value: str, field: str) -> str:
    """Return the value as everybody may see it: 张*, 138****5678."""
    if not value:
        return ""
    if field == "name":
        return value[0] + "*" * min(len(value) - 1, 2)
    if field == "phone" and len(value) >= 7:
        return f"{value[:3]}****{value[-4:]}"
    if field == "id_number" and len(value) >= 10:
        return f"{value[:3]}{'*' * (len(value) - 5)}{value[-2:]}"
    return value[0] + "***"


@transaction.atomic
def reveal(actor: Actor, link: CaseParty, purpose: str) -> dict[str, str]:
    """Return the plain values and log who read them, for what.

    Raises
    ------
    NotPermitted
        The actor may not see personal values here. Of a secret caller no handling organisation sees any,
        whatever its posts grant.
    """
    case = link.case
    permission = configs.of_version(case.matter_version_id).permission("party")
    actor.require(permission, area_path=case.area_path, org_path=case.org_path)
    if link.is_secret:
        unbound = any(not s.org_path and case.area_path.startswith(s.area_path) for s in actor.scopes(permission))
        if not unbound:
            raise NotPermitted(permission=permission)
    if not purpose.strip():
        raise BadInput.one("purpose", "required", _("Say what you need it for."))
    if not is_showable(purpose):
        raise BadInput.one("purpose", "control", _("The text has characters that cannot be shown. Type it again."))
    party = link.party
    register, basis = configs.of_version(case.matter_version_id).access()
    log_access(
        actor, region=case.region, party_id=link.party_id, party_uid=party.uid, case_id=case.pk, case_uid=case.uid, fields=FIELDS, purpose=purpose,
        register=register, basis=basis,
    )  # fmt: skip
    return {field: decrypt(getattr(party, field), field) for field in FIELDS}


@transaction.atomic
def erase(actor: Actor, party: Party) -> None:
    """Forget a person (删除权): the values go, the chain of events stays whole because it never held them."""
    for field in FIELDS:
        setattr(party, field, b"")
    party.phone_index = party.name_index = party.id_number_index = ""
    party.erased_at = timezone.now()
    party.save()
    record(actor, action="party.erased", data={"party": party.uid})


@transaction.atomic
def correct(actor: Actor, party: Party, field: str, value: str) -> None:
    """Put a right value in the place of a wrong one (更正权); the event says which field, never what stood there.

    Raises
    ------
    ValueError
        A field that parties have not.
    """
    if field not in FIELDS:
        raise ValueError(f"a party has no {field}")
    setattr(party, field, encrypt(value, field))
    if field in ("phone", "name", "id_number"):
        setattr(party, f"{field}_index", blind_index(value, field))
    party.save()
    record(actor, action="party.corrected", data={"party": party.uid, "field": field})


def address_of(party_uid: UUID, channel: str) -> str:
    """Return where a message reaches a person: his telephone for text messages; empty when erased or unknown."""
    party = Party.objects.filter(uid=party_uid, erased_at__isnull=True).first()
    return decrypt(bytes(party.phone), "phone") if party is not None and channel == "sms" else ""
