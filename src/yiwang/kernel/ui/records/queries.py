"""Reads for the pages of the record: one query for a page of lines, a few more for the names in it, whatever its length."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.audit import queries as audit
from yiwang.kernel.audit import sealing, watching
from yiwang.kernel.audit.contracts import INVESTIGATION
from yiwang.kernel.audit.models import AccessLog, Event, Seal, UnusualActivity, Verification
from yiwang.kernel.audit.services import advance_tide
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.paging import Page
from yiwang.kernel.cases.models import Case, Matter
from yiwang.kernel.cases.queries.persons import masked_names
from yiwang.kernel.identity.models import Account, ApiClient, Organization, Post, Role
from yiwang.kernel.ui.records.filters import RecordFilter

VIEW, JUDGE, RELEASE = "audit.view", "audit.judge", "audit.release"
SIZE = 50
MOST_PEOPLE = 200
_SALT = "yiwang.record"


def page_by_position(rows: QuerySet[Any], cursor: str, size: int = SIZE) -> Page:
    """Return one page of lines, newest first, by position: one query whatever the depth.

    Raises
    ------
    BadInput
        The cursor is not one of ours.
    """
    backwards = False
    if cursor:
        try:
            direction, position = signing.loads(cursor, salt=_SALT)
        except (signing.BadSignature, ValueError) as error:
            raise BadInput.one("cursor", "cursor", _("This page link is no longer valid. Start from the first page.")) from error
        backwards = direction == "p"
        rows = rows.filter(position__gt=position) if backwards else rows.filter(position__lt=position)
    found = list(rows.order_by("position" if backwards else "-position")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()

    def mark(direction: str, line: Any) -> str:
        return signing.dumps([direction, line.position], salt=_SALT)

    has_next = backwards or more
    has_previous = more if backwards else bool(cursor)
    return Page(
        rows=found, next=mark("n", found[-1]) if found and has_next else "",
        previous=mark("p", found[0]) if found and has_previous else "",
    )  # fmt: skip


def _who(text: str) -> Q:
    """Return the condition on who acted; a text that fits nobody matches nothing."""
    people = Account.objects.filter(is_citizen=False).filter(Q(username__iexact=text) | Q(name__icontains=text))
    ids = list(people.values_list("pk", flat=True)[:MOST_PEOPLE])
    clients = list(ApiClient.objects.filter(Q(code__iexact=text) | Q(name__icontains=text)).values_list("pk", flat=True)[:MOST_PEOPLE])
    # His own, and what others did standing in for him.
    return Q(actor_kind="person", actor_id__in=ids) | Q(on_behalf_of_id__in=ids) | Q(actor_kind="client", actor_id__in=clients)


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _case_id(text: str) -> int | None:
    uid = _uid(text)
    rows = Case.all_modes.filter(uid=uid) if uid else Case.all_modes.filter(number=text)
    return rows.values_list("pk", flat=True).first()


def _subject(text: str) -> Q:
    """Return the condition on what it was about: a case, or something of administration."""
    if (case_id := _case_id(text)) is not None:
        return Q(case_id=case_id)
    uid = str(_uid(text) or "")
    about: list[Q] = [Q(data__role=text), Q(data__number=text), Q(data__asset=text)]
    for keys, rows in (
        (("account", "absent", "substitute"), Account.objects.filter(username__iexact=text)),
        (("organization",), Organization.objects.filter(code__iexact=text)),
        (("post",), Post.objects.filter(code__iexact=text)),
        (("client",), ApiClient.objects.filter(code__iexact=text)),
        (("warning",), UnusualActivity.objects.none()),
    ):
        found = uid or str(rows.values_list("uid", flat=True).first() or "")
        about += [Q(**{f"data__{key}": found}) for key in keys if found]
    wanted = Q()
    for one in about:
        wanted |= one
    return Q(case_id__isnull=True) & wanted


def events(actor: Actor, wanted: RecordFilter) -> QuerySet[Event]:
    """Return lines of the record, of every mode."""
    actor.require(VIEW)
    first, end = wanted.span()
    rows = Event.all_modes.filter(recorded_at__gte=first, recorded_at__lt=end)
    if wanted.who:
        rows = rows.filter(_who(wanted.who))
    if wanted.action.endswith("."):
        rows = rows.filter(action__startswith=wanted.action, case_id__isnull=True)
    elif wanted.action:
        rows = rows.filter(action=wanted.action)
        if "." in wanted.action:
            rows = rows.filter(case_id__isnull=True)  # the small index
    return rows.filter(_subject(wanted.subject)) if wanted.subject else rows


def accesses(actor: Actor, wanted: RecordFilter) -> QuerySet[AccessLog]:
    """Return who read personal values of whom; the subject is a case, or a person by the number that the list shows.

    Readings under legal secrecy are not among them until they are released: `hidden_accesses` counts those.
    """
    return audit.tellable(_accesses(actor, wanted))


def hidden_accesses(actor: Actor, wanted: RecordFilter) -> int:
    """Return how many readings of the same search are kept secret."""
    return audit.hidden(_accesses(actor, wanted)).count()


def secret_accesses(actor: Actor, *, released: bool) -> QuerySet[AccessLog]:
    """Return the readings under legal secrecy, waiting or released: when, by which body, in which register; newest first by position.

    For the security office, which releases, and the auditor, who counts.
    """
    if not (actor.may_anywhere(VIEW) or actor.may_anywhere(RELEASE)):
        actor.require(RELEASE)
    rows = AccessLog.objects.filter(secrecy=INVESTIGATION)
    return audit.tellable(rows) if released else audit.hidden(rows)


def orgs_of(lines: Iterable[AccessLog]) -> dict[int, Any]:
    wanted = {line.org_id for line in lines if line.org_id}
    return dict(Organization.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def released_at(lines: Iterable[AccessLog]) -> dict[int, Any]:
    return audit.releases([line.position for line in lines])


def _accesses(actor: Actor, wanted: RecordFilter) -> QuerySet[AccessLog]:
    actor.require(VIEW)
    first, end = wanted.span()
    rows = AccessLog.objects.filter(recorded_at__gte=first, recorded_at__lt=end)
    if wanted.who:
        rows = rows.filter(_who(wanted.who))
    if wanted.subject:
        case_id = _case_id(wanted.subject)
        if case_id is not None:
            return rows.filter(case_id=case_id)
        if (person := _uid(wanted.subject)) is not None:
            return rows.filter(subject_uid=person)
        number = wanted.subject.removeprefix("#")
        return rows.filter(party_id=int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else rows.none()
    return rows


def exports(actor: Actor, wanted: RecordFilter) -> QuerySet[Event]:
    """Return everything that was taken out."""
    return events(actor, RecordFilter(who=wanted.who, subject=wanted.subject, since=wanted.since, until=wanted.until, action=watching.EXPORT))


def event(actor: Actor, position: int) -> Event:
    actor.require(VIEW)
    found = audit.event_by_position(position)
    if found is None:
        raise NotFound(what="event")
    return found


def seal_over(position: int, stream: str = "event") -> Seal | None:
    """Return the seal that holds a line; None for one that is newer than the last."""
    rows = Seal.objects.filter(stream=stream, after_position__lt=position, upto_position__gte=position)
    return rows.defer("leaves").first()


@dataclass
class Names:
    """The names that a page of lines needs; citizens have none here, their persons only masked ones."""

    cases: dict[int, str] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)  # uid -> text or texts
    roles: dict[str, Any] = field(default_factory=dict)
    parties: dict[int, str] = field(default_factory=dict)
    matters: dict[str, Any] = field(default_factory=dict)


def _by_uid(lines: Sequence[Any], keys: Iterable[str], fetch: Callable[[list[UUID]], Iterable[tuple[UUID, Any]]]) -> dict[str, Any]:
    given = {str(line.data[key]) for line in lines for key in keys if isinstance(line.data.get(key), str)}
    uids = [uid for text in given if (uid := _uid(text))]
    return {str(uid): name for uid, name in fetch(uids)} if uids else {}


def names_of(lines: Sequence[Event]) -> Names:
    """Return what a page of events names, in at most seven queries."""
    case_ids = {line.case_id for line in lines if line.case_id}
    behalf = {line.on_behalf_of_id for line in lines if line.on_behalf_of_id}
    roles = {str(line.data["role"]) for line in lines if isinstance(line.data.get("role"), str)}
    alone = [line for line in lines if line.case_id is None]
    things: dict[str, Any] = {}
    things |= _by_uid(alone, ("account", "absent", "substitute"), lambda u: (
        (row.uid, str(row)) for row in Account.objects.filter(uid__in=u, is_citizen=False)))
    things |= _by_uid(alone, ("organization",), lambda u: Organization.objects.filter(uid__in=u).values_list("uid", "name"))
    things |= _by_uid(alone, ("post",), lambda u: Post.objects.filter(uid__in=u).values_list("uid", "name"))
    things |= _by_uid(alone, ("client",), lambda u: ApiClient.objects.filter(uid__in=u).values_list("uid", "name"))
    return Names(
        cases=_case_numbers(case_ids), people=_people(behalf), things=things,
        roles=dict(Role.objects.filter(code__in=roles).values_list("code", "name")) if roles else {},
    )  # fmt: skip


def _case_numbers(ids: Iterable[int]) -> dict[int, str]:
    wanted = list(ids)
    rows = Case.all_modes.filter(pk__in=wanted).values_list("pk", "number", "uid") if wanted else ()
    return {pk: number or str(uid) for pk, number, uid in rows}


def _people(ids: Iterable[int]) -> dict[int, str]:
    wanted = list(ids)
    return {a.pk: str(a) for a in Account.objects.filter(pk__in=wanted, is_citizen=False)} if wanted else {}


def names_of_accesses(lines: Sequence[AccessLog]) -> Names:
    """Return case numbers and masked names (张*) of the persons who were read, in three queries."""
    return Names(
        cases=_case_numbers({line.case_id for line in lines if line.case_id}),
        people=_people({line.on_behalf_of_id for line in lines if line.on_behalf_of_id}),
        parties=masked_names({line.party_id for line in lines if line.party_id}),
    )


@dataclass(frozen=True, kw_only=True)
class StreamState:
    """How far a log is sealed."""

    stream: str
    drawn: int
    readable: int
    sealed: int
    seal: Seal | None
    outside: int | None  # number of the seal in the copy outside the database; None when there is no copy
    agrees: bool


def seal_states(actor: Actor) -> list[StreamState]:
    """Return where both logs stand; whether the copy outside knows the same seal."""
    actor.require(VIEW)
    outside: Mapping[str, Mapping[str, Any]] = sealing.outside_copy() or {}
    found = []
    for stream in sealing.STREAMS:
        seal, known = audit.latest_seal(stream), outside.get(stream)
        agrees = known is not None and seal is not None and (
            Seal.objects.filter(stream=stream, number=int(known["number"]), hash=bytes.fromhex(str(known["hash"]))).exists()
        )
        found.append(StreamState(
            stream=stream, drawn=audit.last_position(stream), readable=advance_tide(stream), sealed=seal.upto_position if seal else 0,
            seal=seal, outside=int(known["number"]) if known else None, agrees=agrees or (known is None and seal is None),
        ))  # fmt: skip
    return found


def latest_seals(actor: Actor, most: int = 20) -> list[Seal]:
    actor.require(VIEW)
    return list(Seal.objects.defer("leaves").order_by("-sealed_at", "-pk")[:most])


def verifications(actor: Actor, most: int = 10) -> list[Verification]:
    actor.require(VIEW)
    return list(Verification.objects.order_by("-pk")[:most])


def warnings(actor: Actor, *, judged: bool) -> QuerySet[UnusualActivity]:
    """Return warnings, open or judged; sort them by `id`."""
    actor.require(VIEW)
    return UnusualActivity.objects.filter(judged_at__isnull=not judged)


def warning(actor: Actor, uid: UUID) -> UnusualActivity:
    actor.require(VIEW)
    found = UnusualActivity.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound(what="warning")
    return found


def matter_names(codes: Iterable[str]) -> dict[str, Any]:
    wanted = {code for code in codes if "." in code}
    return dict(Matter.objects.filter(code__in=wanted).values_list("code", "name")) if wanted else {}


def rows_behind(found: UnusualActivity) -> QuerySet[Any]:
    """Return the lines that make up a warning's count."""
    stream, condition = watching.rows_behind(found)
    return audit.tellable(AccessLog.objects.filter(condition)) if stream == "access" else Event.all_modes.filter(condition)
