"""Who read a person, told in plain words: his own part, nothing secret, nobody else (个人信息查阅告知)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import RightsRequest
from yiwang.apps.datahub.queries.rights.subject import Subject
from yiwang.apps.datahub.rules.rights import settings as shipped
from yiwang.apps.datahub.rules.rights.telling import Told, own_fields, scrub
from yiwang.kernel.audit import queries as audit
from yiwang.kernel.audit.models import AccessLog
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.models import Case, CaseParty
from yiwang.kernel.cases.services.parties import decrypt
from yiwang.kernel.identity.models import Organization


def lines_of(subject: Subject, *, register: str = "", org: int | None = None, since: datetime | None = None, until: datetime | None = None) -> QuerySet[AccessLog]:
    """Return the readings that the person may be told of, unordered; page them by position."""
    rows = audit.accesses_about(list(subject.parties), subject.person_uids)
    if register:
        rows = rows.filter(register=register)
    if org is not None:
        rows = rows.filter(org_id=org)
    if since is not None:
        rows = rows.filter(recorded_at__gte=since)
    return rows.filter(recorded_at__lt=until) if until is not None else rows


def line_of(subject: Subject, position: int) -> AccessLog:
    """Return one reading of the person.

    Raises
    ------
    NotFound
        It is not about him, or secret, or never was.
    """
    found = lines_of(subject).filter(position=position).first()
    if found is None:
        raise NotFound(what="reading")
    return found


def told(subject: Subject, lines: Sequence[AccessLog]) -> list[Told]:
    """Return the lines in plain words; six queries whatever their number."""
    zone = ZoneInfo(settings.TIME_ZONE)
    cases = {line.case_id for line in lines if line.case_id}
    own = _own_cases(subject, cases)
    others = _others(subject, cases)
    bodies = body_names({line.org_id for line in lines if line.org_id})
    positions = [line.position for line in lines]
    released = audit.releases(positions)
    asked = dict(RightsRequest.objects.filter(account_id=subject.account_id, kind="why", position__in=positions).values_list("position", "uid")) if lines else {}
    quiet = shipped.shipped()["quiet"]["words"]
    found = []
    for line in lines:
        fields, has_others = own_fields(line.field_names)
        himself = line.actor_kind == "person" and line.actor_id == subject.account_id
        body = _("Yourself") if himself else bodies.get(line.org_id or 0) or line.actor_name or _("The platform")
        found.append(Told(
            position=line.position, at=line.recorded_at.astimezone(zone), body=body, register=texts.pick(shipped.register_name(line.register or "city.case")),
            basis=line.basis or "", purpose=scrub(line.purpose, others=others.get(line.case_id or 0, ()), quiet=quiet), case=own.get(line.case_id or 0, ""),
            fields=tuple(texts.pick(shipped.field_name(name)) for name in fields), has_others=has_others, was_secret=line.position in released,
            asked=str(asked.get(line.position, "")), by_himself=himself, post="" if himself else line.post_name,
        ))  # fmt: skip
    return found


def _own_cases(subject: Subject, cases: Collection[int]) -> dict[int, str]:
    """Return the numbers of the matters in which he is a party himself: another's matter is not named to him."""
    if not cases:
        return {}
    mine = CaseParty.objects.filter(case_id__in=cases, party_id__in=list(subject.parties)).values("case_id")
    rows = Case.all_modes.filter(pk__in=mine).values_list("pk", "number", "uid")
    return {pk: number or str(uid)[:8] for pk, number, uid in rows}


def _others(subject: Subject, cases: Collection[int]) -> dict[int, list[str]]:
    """Return the names of the other people of these matters, to take them out of what readers wrote."""
    found: dict[int, list[str]] = {}
    rows = CaseParty.objects.filter(case_id__in=cases).exclude(party_id__in=list(subject.parties)).select_related("party") if cases else ()
    for link in rows:
        if name := decrypt(bytes(link.party.name), "name"):
            found.setdefault(link.case_id, []).append(name)
    return found


def body_names(ids: Collection[int]) -> dict[int, str]:
    rows = Organization.objects.filter(pk__in=list(ids)).values_list("pk", "name") if ids else ()
    return {pk: texts.pick(name) for pk, name in rows}


def went_to(subject: Subject) -> list[tuple[str, str, int, datetime]]:
    """Return (body, register, readings, last) of all who read him, the most frequent first: where his data went."""
    rows = lines_of(subject).order_by().values("org_id", "actor_kind", "actor_name", "register").annotate(n=Count("position"), last=Max("recorded_at"))
    found: dict[tuple[str, str], tuple[int, datetime]] = {}
    listed = list(rows)
    bodies = body_names({row["org_id"] for row in listed if row["org_id"]})
    for row in listed:
        body = bodies.get(row["org_id"] or 0) or (row["actor_name"] if row["actor_kind"] == "client" else "") or _("Yourself")
        key = (body, texts.pick(shipped.register_name(row["register"] or "city.case")))
        count, last = found.get(key, (0, row["last"]))
        found[key] = (count + row["n"], max(last, row["last"]))
    return sorted(((body, register, n, last) for (body, register), (n, last) in found.items()), key=lambda r: -r[2])


def registers_of(subject: Subject) -> list[tuple[str, str]]:
    """Return (code, name) of the registers in which he was read."""
    codes = {code or "city.case" for code in lines_of(subject).order_by().values_list("register", flat=True).distinct()}
    return sorted((code, texts.pick(shipped.register_name(code))) for code in codes)


def bodies_of(subject: Subject) -> list[tuple[int, str]]:
    ids = {pk for pk in lines_of(subject).order_by().values_list("org_id", flat=True).distinct() if pk}
    return sorted(body_names(ids).items(), key=lambda pair: pair[1])
