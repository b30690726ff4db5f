"""Writing the record: one line inside the caller's transaction, or many by COPY."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.types.json import Jsonb

from yiwang.kernel.audit import rules
from yiwang.kernel.audit.contracts import INVESTIGATION, OPEN, SECRECY, CaseRef, ChainHead, EventRef
from yiwang.kernel.audit.errors import NoPurpose, NothingToRelease
from yiwang.kernel.audit.models import AccessLog, AccessRelease, Event, Tide
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.jobs import enqueue
from yiwang.kernel.base.uid import uuid7

PARTITIONED = (Event._meta.db_table, AccessLog._meta.db_table)
EVENT_COLUMNS = tuple(str(f.column) for f in Event._meta.concrete_fields if f.column not in ("position", "xid"))
ACCESS_COLUMNS = tuple(str(f.column) for f in AccessLog._meta.concrete_fields if f.column not in ("position", "xid"))


def _who(actor: Actor) -> dict[str, Any]:
    client = actor.kind is ActorKind.CLIENT
    return {
        "actor_kind": str(actor.kind),
        "actor_id": actor.client_id if client else actor.account_id,
        "actor_name": (actor.client_name if client else actor.recorded_name)[:120],
        "post_id": actor.post_id,
        "post_name": actor.post_name[:120],
        "org_id": actor.org_id,
        "on_behalf_of_id": actor.on_behalf_of_id,
        "request_id": actor.request_id[:64],
    }


def line(
    actor: Actor,
    *,
    action: str,
    region: str = "",
    case: CaseRef | None = None,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
    step: str = "",
    task_uid: UUID | None = None,
    from_state: str = "",
    to_state: str = "",
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
    point: tuple[float, float] | None = None,
    mode: str = "live",
    area_path: str = "",
    uid: UUID | None = None,
) -> dict[str, Any]:
    """Return the columns of an event before it is chained; importers and the sample build their rows with it.

    `point` is (longitude, latitude) in WGS 84 degrees. Without a case, `mode` and `area_path` are as given.
    """
    recorded = recorded_at or now()
    return {
        **_who(actor),
        "region": region or settings.REGION,
        "recorded_at": recorded,
        "uid": uid or uuid7(int(recorded.timestamp() * 1000)),
        "case_id": case.id if case else None,
        "case_uid": case.uid if case else None,
        "task_uid": task_uid,
        "action": action,
        "step": step,
        "from_state": from_state,
        "to_state": to_state,
        "outcome": outcome,
        "occurred_at": occurred_at or recorded,
        "area_path": case.area_path if case else area_path,
        "case_org_id": case.org_id if case else None,
        "matter": case.matter if case else "",
        "mode": case.mode if case else mode,
        "data": rules.plain(data or {}),
        "lon": None if point is None else float(point[0]),
        "lat": None if point is None else float(point[1]),
    }


def _values(row: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    return [Jsonb(row[c]) if c in ("data", "field_names") else row[c] for c in columns]


def _insert(table: str, columns: Sequence[str], row: Mapping[str, Any]) -> int:
    if not connection.in_atomic_block:
        raise RuntimeError("a line is written in the transaction of the change that it tells of")
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING position", _values(row, columns)
        )
        return int(cursor.fetchone()[0])


def record(
    actor: Actor,
    *,
    action: str,
    region: str = "",
    case: CaseRef | None = None,
    chain: ChainHead | None = None,
    occurred_at: datetime | None = None,
    step: str = "",
    task_uid: UUID | None = None,
    from_state: str = "",
    to_state: str = "",
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
    point: tuple[float, float] | None = None,
    mode: str = "live",
    area_path: str = "",
) -> EventRef:
    """Write one line in the caller's transaction.

    With a `case` the caller holds the case's row lock, passes its chain as kept on the case, and afterwards keeps
    `ref.chain` there. `data` holds no personal values, only ids of parties.

    Raises
    ------
    ValueError
        A case without its chain or a chain without a case; data that JSON cannot carry.
    RuntimeError
        There is no transaction.
    """
    if (case is None) != (chain is None):
        raise ValueError("a case comes with its chain, and a chain with its case")
    fields = line(
        actor, action=action, region=region, case=case, occurred_at=occurred_at, step=step, task_uid=task_uid,
        from_state=from_state, to_state=to_state, outcome=outcome, data=data, point=point, mode=mode,
        area_path=area_path,
    )  # fmt: skip
    row = rules.chained(fields, chain)
    position = _insert(Event._meta.db_table, EVENT_COLUMNS, row)
    return EventRef(row["uid"], position, row["hash"], row["case_seq"], row["recorded_at"])


def record_many(rows: Iterable[Mapping[str, Any]], *, chains: rules.Chains | None = None) -> int:
    """Copy many lines made by `line`, chained here; returns how many. `chains.heads` holds the cases' new heads.

    Call `ensure_partitions` for the whole range of `recorded_at` first.
    """
    table, count = Event._meta.db_table, 0
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({', '.join(EVENT_COLUMNS)}) FROM STDIN") as copy,
    ):
        for row in rules.chain_rows(rows, chains):
            copy.write_row(_values(row, EVENT_COLUMNS))
            count += 1
    return count


def log_access(
    actor: Actor,
    *,
    party_id: int | None = None,
    fields: Iterable[str],
    purpose: str,
    party_uid: UUID | None = None,
    case_id: int | None = None,
    case_uid: UUID | None = None,
    region: str = "",
    register: str = "",
    basis: str = "",
    subject_uid: UUID | None = None,
    secrecy: str = OPEN,
) -> int:
    """Note that the actor read these personal values of a party or a person; returns the line's position.

    Writes in the caller's transaction, or in one of its own when there is none: a page that only reads also logs. Of a
    record about several people each gets a line of his own; a field of somebody else in it is named with a point
    ("spouse.name"). `register` says in which database it was read ("city.case", "datahub.population"), `basis` is the
    law in words, `secrecy` one of contracts.SECRECY.

    Raises
    ------
    NoPurpose
        The purpose is empty.
    ValueError
        Neither a party nor a person of the population base; an unknown secrecy.
    """
    if not purpose.strip():
        raise NoPurpose
    if party_id is None and subject_uid is None:
        raise ValueError("a reading is of a party or of a person")
    if secrecy not in SECRECY:
        raise ValueError(f"secrecy is one of {', '.join(SECRECY)}")
    recorded = now()
    row: dict[str, Any] = {
        **_who(actor),
        "region": region or settings.REGION,
        "recorded_at": recorded,
        "uid": uuid7(int(recorded.timestamp() * 1000)),
        "case_id": case_id,
        "case_uid": case_uid,
        "party_id": party_id,
        "party_uid": party_uid,
        "field_names": sorted(fields),
        "purpose": purpose.strip()[:200],
        "register": register[:80],
        "basis": basis[:200],
        "subject_uid": subject_uid,
        "secrecy": secrecy,
    }
    row["hash"] = rules.event_hash(row)
    with transaction.atomic():
        return _insert(AccessLog._meta.db_table, ACCESS_COLUMNS, row)


@transaction.atomic
def release_accesses(actor: Actor, positions: Iterable[int], *, reason: str) -> int:
    """Let secret readings be told to the people they were about, from now on; returns how many.

    Raises
    ------
    NotPermitted
        The actor is no security administrator.
    BadInput
        No reason.
    NothingToRelease
        One of them is not secret, or was released before: nothing is written then.
    """
    actor.require("audit.release")
    why = reason.replace("\0", "").strip()
    if not 4 <= len(why) <= 500:
        raise BadInput.one("reason", "length", _("Say why, in 4 to 500 characters."))
    wanted = sorted(set(positions))
    lines = list(AccessLog.objects.filter(position__in=wanted, secrecy=INVESTIGATION))
    if not wanted or len(lines) != len(wanted):
        raise NothingToRelease
    moment = now()
    try:
        with transaction.atomic():
            AccessRelease.objects.bulk_create(
                AccessRelease(
                    line_uid=found.uid, line_recorded_at=found.recorded_at, position=found.position, reason=why, released_at=moment,
                    released_by_id=actor.account_id, released_by_name=actor.recorded_name[:120],
                )
                for found in lines
            )  # fmt: skip
    except IntegrityError as error:
        raise NothingToRelease from error
    record(actor, action="audit.access.released", data={"positions": wanted, "reason": why})
    return len(lines)


def ensure_partitions(first: date | datetime, last: date | datetime, tables: Iterable[str] = PARTITIONED) -> int:
    """Make the monthly partitions that hold `first` to `last`; returns how many were new."""
    days = [d.date() if isinstance(d, datetime) else d for d in (first, last)]
    with connection.cursor() as cursor:
        made = 0
        for table in tables:
            cursor.execute("SELECT yw_ensure_partitions(%s, %s, %s)", [table, *days])
            made += int(cursor.fetchone()[0])
    return made


def partitioned_tables() -> list[str]:
    """Return every append-only table that has monthly partitions, of whatever room."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM yw_append_only WHERE partitioned ORDER BY name")
        return [row[0] for row in cursor.fetchall()]


def partitions_ahead(months: int = 3) -> int:
    """Make the partitions of the present month and the next ones for all tables; daily work of the sealer."""
    today = now().date()
    last = date(today.year + (today.month - 1 + months) // 12, (today.month - 1 + months) % 12 + 1, 1)
    return ensure_partitions(today, last, partitioned_tables())


def end_months(table: str, before: date) -> int:
    """Drop the months of a table that lie wholly before a day; returns how many.

    Only tables that a migration registered for it (`yw_let_months_end`), and nothing younger than it says there.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT yw_end_months(%s, %s)", [table, before])
        return int(cursor.fetchone()[0])


def advance_tide(stream: str = "event") -> int:
    """Find out how far a stream can be read without skipping anything, keep it, and return it.

    Whoever polls (relay, sealer) calls this first, outside a transaction; inside one it changes nothing.
    """
    table = {"event": Event, "access": AccessLog}[stream]._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_position")
        drawn = int(cursor.fetchone()[0])
    tide = Tide.objects.get(pk=stream)
    if drawn <= tide.safe_position or connection.in_atomic_block:
        return tide.safe_position
    with transaction.atomic(), connection.cursor() as cursor:
        tide = Tide.objects.select_for_update().get(pk=stream)
        before = (tide.safe_position, tide.pending_position)
        # Who drew a number by then had an id by then (yw_next_position), so his is below the one we draw now. The
        # snapshot's own upper end would not do: it lies below a running transaction that is younger than a finished one.
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        mine = int(cursor.fetchone()[0])
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        oldest = int(cursor.fetchone()[0])
        if oldest >= mine:  # nothing older than this runs
            tide.safe_position = max(tide.safe_position, drawn)
        elif tide.pending_position > tide.safe_position and tide.pending_xid <= oldest:
            tide.safe_position = tide.pending_position
        # A pending id from the future is another cluster's: the database was restored from a dump.
        if tide.pending_position <= tide.safe_position or tide.pending_xid > mine:
            tide.pending_position, tide.pending_xid = drawn, mine
        if (tide.safe_position, tide.pending_position) != before:
            tide.save()
        return tide.safe_position


@transaction.atomic
def ask_verification(actor: Actor) -> None:
    """Have the whole record verified by a job; one that waits already is enough. Who asked goes on record."""
    actor.require("audit.view")
    record(actor, action="audit.verification.asked")
    with suppress(AlreadyEnqueued), transaction.atomic():
        enqueue("audit.verify", by=actor.name)
