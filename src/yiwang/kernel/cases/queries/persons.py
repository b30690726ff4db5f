"""Who reported, as a case page may show it: masked, or not at all for a handling body when secrecy was asked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, CaseParty, Party
from yiwang.kernel.cases.queries import work
from yiwang.kernel.cases.services.parties import blind_index, decrypt, mask


@dataclass(frozen=True, kw_only=True)
class PartyView:
    """A person of a case. Empty values when they are hidden from this reader; `may_reveal`: with a purpose, logged."""

    link_id: int
    role: str
    name: str = ""
    phone: str = ""
    address: str = ""
    is_secret: bool = False
    is_hidden: bool = False
    is_erased: bool = False
    wants_answer: bool = True
    may_reveal: bool = False


def parties_of(actor: Actor, case: Case) -> list[PartyView]:
    """Return the parties with their values masked (张*, 138****5678); one query.

    Of somebody who asked to be kept secret (要求保密), nobody bound to a handling organisation sees anything, not even
    masked: a surname and four digits are enough to guess a neighbour.
    """
    permission = configs.of_version(case.matter_version_id).permission("party")
    may = actor.may(permission, area_path=case.area_path, org_path=case.org_path)
    unbound = _unbound(actor, case, permission)
    found = []
    for link in CaseParty.objects.filter(case=case).select_related("party").order_by("pk"):
        party = link.party
        base = PartyView(link_id=link.pk, role=link.role, is_secret=link.is_secret, wants_answer=link.wants_answer)
        if party.erased_at is not None:
            found.append(replace(base, is_erased=True))
        elif link.is_secret and not unbound:
            found.append(replace(base, is_hidden=True))
        else:
            name, phone, address = (mask(decrypt(getattr(party, f), f), f) for f in ("name", "phone", "address"))
            may_reveal = may and (unbound or not link.is_secret)
            found.append(replace(base, name=name, phone=phone, address=address, may_reveal=may_reveal))
    return found


def masked_names(party_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of parties as everybody may see them (张*), in one query; empty for an erased one."""
    wanted = list(party_ids)
    rows = Party.objects.filter(pk__in=wanted).values_list("pk", "name", "erased_at") if wanted else ()
    return {pk: "" if erased_at else mask(decrypt(bytes(name), "name"), "name") for pk, name, erased_at in rows}


def _unbound(actor: Actor, case: Case, permission: str) -> bool:
    """Say whether the actor may see persons there by a post that is bound to no handling organisation."""
    return any(not s.org_path and case.area_path.startswith(s.area_path) for s in actor.scopes(permission))


def may_hear(actor: Actor, case_uid: UUID) -> bool:
    """Say whether a caller's voice may be heard: by the centre, never by a handling body (registered with the files room)."""
    case = Case.all_modes.filter(uid=case_uid).first()
    return case is not None and _unbound(actor, case, configs.of_version(case.matter_version_id).permission("party"))


def party_link(actor: Actor, case: Case, link_id: int) -> CaseParty:
    """Return one party of a case that the actor may see."""
    link = CaseParty.objects.filter(pk=link_id, case=case).select_related("party", "case").first()
    if link is None or not work.may_see(actor, case):
        raise NotFound(what="party")
    return link


def cases_of_phone(actor: Actor, phone: str, app: str, most: int = 10) -> QuerySet[Case]:
    """Return what the same number reported before, newest first, found by the blind index; empty for no number."""
    index = blind_index(phone, "phone")
    if not index or len(phone.strip()) < 6:
        return Case.objects.none()
    ids = CaseParty.objects.filter(party__phone_index=index, party__erased_at__isnull=True).values("case_id")
    return work.visible_cases(actor).filter(app=app, pk__in=ids).order_by("-reported_at")[:most]
