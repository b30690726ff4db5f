"""Reads of the record."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from yiwang.kernel.audit.contracts import INVESTIGATION
from yiwang.kernel.audit.models import AccessLog, AccessRelease, Event, Seal, Tide

LIVE = ("live",)
ALL_MODES = ("live", "trial", "imported")


def events_of_case(case_id: int) -> QuerySet[Event]:
    """Return a case's lines in their order, whatever its mode. The caller has checked that the case may be seen."""
    return Event.all_modes.filter(case_id=case_id).order_by("case_seq")


def safe_position(stream: str = "event") -> int:
    """Return the position up to which nothing can appear any more, as last found by `services.advance_tide`."""
    return Tide.objects.values_list("safe_position", flat=True).get(pk=stream)


def last_position(stream: str = "event") -> int:
    """Return the highest position drawn so far, committed or not (0 for none). For tests and status pages."""
    table = {"event": Event, "access": AccessLog}[stream]._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_position")
        return int(cursor.fetchone()[0])


def events_after(
    position: int, *, limit: int = 500, modes: tuple[str, ...] = LIVE, upto: int | None = None
) -> list[Event]:
    """Return committed lines behind a position in their order; nothing is ever skipped.

    A reader keeps the position of the last line that it has done with. Who polls calls `services.advance_tide()`
    before. `upto` replaces the safe position: a test inside one transaction passes `last_position()`.

    When the list is shorter than `limit`, everything up to `safe_position()` (read before) has been seen, also lines
    of other modes.
    """
    end = safe_position() if upto is None else upto
    found = Event.all_modes.filter(position__gt=position, position__lte=end, mode__in=modes)
    return list(found.order_by("position")[:limit])


def event_by_position(position: int) -> Event | None:
    return Event.all_modes.filter(position=position).first()


def accesses_of_party(party_id: int) -> QuerySet[AccessLog]:
    """Return who read a party's values, newest first, secret readings too; for the auditor, not for the person."""
    return AccessLog.objects.filter(party_id=party_id).order_by("-recorded_at", "-position")


def _hidden() -> Q:
    released = AccessRelease.objects.filter(position=OuterRef("position"))
    return Q(Q(secrecy=INVESTIGATION), ~Exists(released))


def tellable(rows: QuerySet[AccessLog]) -> QuerySet[AccessLog]:
    """Leave out readings under legal secrecy (纪检、侦查) that nobody has released."""
    return rows.exclude(_hidden())


def hidden(rows: QuerySet[AccessLog]) -> QuerySet[AccessLog]:
    """Return only the secret readings that nobody has released: for counting them."""
    return rows.filter(_hidden())


def accesses_about(party_ids: Collection[int], subject_uids: Collection[UUID] = ()) -> QuerySet[AccessLog]:
    """Return the readings of a person that he may be told of, by all the parties and persons that he is; unordered."""
    if not party_ids and not subject_uids:
        return AccessLog.objects.none()
    return tellable(AccessLog.objects.filter(Q(party_id__in=list(party_ids)) | Q(subject_uid__in=list(subject_uids))))


def releases(positions: Collection[int]) -> dict[int, datetime]:
    """Return when lines of these positions were released."""
    rows = AccessRelease.objects.filter(position__in=list(positions)) if positions else AccessRelease.objects.none()
    return dict(rows.values_list("position", "released_at"))


def export_by_number(number: str, day: date) -> Event | None:
    """Return the line of an export by its number, which carries the day."""
    near = (datetime.combine(day + timedelta(days=d), time(), UTC) for d in (-1, 2))
    rows = Event.all_modes.filter(case_id__isnull=True, recorded_at__range=tuple(near), action="export.taken")
    return rows.filter(data__number=number).first()


def latest_seal(stream: str = "event") -> Seal | None:
    return Seal.objects.filter(stream=stream).order_by("-number").first()
