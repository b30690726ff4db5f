"""Making a golden record anew from its source rows: survivorship, what changed, whom to tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import connection

from yiwang.apps.datahub.models import Change, FieldLock, FieldValue, IdMap, SourceRecord, Subject, SubjectState
from yiwang.apps.datahub.rules.base.book import Book
from yiwang.apps.datahub.rules.base.survive import Claim, choose
from yiwang.apps.datahub.services.base import books, sealed
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.clock import now

_CHANGES = 7_201_461  # one writer of changes at a time: positions come in the order of commits, so a reader skips none


def note_change(subject: Subject, change: str, fields: Iterable[str] = (), other: Subject | None = None) -> Change:
    """Write one line of the feed, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHANGES])
    return Change.objects.create(kind=subject.kind, subject=subject, change=change, fields=sorted(fields), other=other, at=now())


def records_of(subject_ids: Iterable[int]) -> dict[int, list[SourceRecord]]:
    """Return the present source rows of golden records."""
    found: dict[int, list[SourceRecord]] = {pk: [] for pk in subject_ids}
    wanted = IdMap.objects.filter(subject_id__in=found, valid_to=None).values_list("source_id", "key_index", "subject_id")
    owner = {(source, key): subject for source, key, subject in wanted}
    rows = SourceRecord.objects.filter(is_current=True, key_index__in={key for _source, key in owner}).select_related("source")
    for row in rows.order_by("pk"):
        if (subject := owner.get((row.source_id, row.key_index))) is not None:
            found[subject].append(row)
    return found


def rebuild(subjects: Iterable[Subject], *, change: str = "", other: Subject | None = None) -> list[Change]:
    """Work out the golden values of these records anew and note what changed. The caller holds their locks.

    `change` names what is told in place of "changed" (merged, split), even when no value is another.
    """
    rows = {s.pk: s for s in subjects}
    records, changes = records_of(rows), []
    moment = now()
    locks: dict[int, dict[str, FieldLock]] = {}
    for lock in FieldLock.objects.filter(subject_id__in=rows, ended_at=None, until__gt=moment):
        locks.setdefault(lock.subject_id, {})[lock.field] = lock
    before: dict[int, dict[str, FieldValue]] = {}
    for value in FieldValue.objects.filter(subject_id__in=rows):
        before.setdefault(value.subject_id, {})[value.field] = value
    areas: dict[str, str] = {}
    made: list[FieldValue] = []
    gone: list[int] = []
    for pk, subject in rows.items():
        present = [r for r in records[pk] if r.ended_at is None]
        old = before.get(pk, {})
        was = subject.state
        if subject.state != SubjectState.MERGED:
            subject.state = SubjectState.LIVE if present or not records[pk] else SubjectState.ENDED
        fresh = _values(books.in_force(subject.kind), subject, present or records[pk], locks.get(pk, {}))
        changed = {f for f in fresh.keys() | old.keys() if (fresh[f].index if f in fresh else "") != (old[f].index if f in old else "") or f not in fresh or f not in old}
        gone += [v.pk for v in old.values()]
        made += fresh.values()
        _head(subject, fresh, present or records[pk], areas)
        subject.version += 1
        subject.save()
        told = change or ("ended" if subject.state == SubjectState.ENDED != was else "created" if not old and subject.version == 1 else "changed" if changed else "")
        if told:
            changes.append(note_change(subject, told, changed, other))
    FieldValue.objects.filter(pk__in=gone).delete()
    FieldValue.objects.bulk_create(made, batch_size=2000)
    return changes


def _values(book: Book, subject: Subject, records: list[SourceRecord], locks: dict[str, FieldLock]) -> dict[str, FieldValue]:
    claims: dict[str, list[Claim]] = {}
    sources = {r.source_id: r.source for r in records}
    for record in records:
        body = sealed.open_body(bytes(record.body))
        for field, value in body["values"].items():
            if value:
                claims.setdefault(field, []).append(
                    Claim(value=value, source=record.source_id, record=record.pk, rank=record.source.rank(field), at=body["at"])
                )
    found = {}
    for field, given in claims.items():
        winner, lost = choose(given, book.ways(field))
        lock = locks.get(field)
        locked = next((c for c in given if lock and c.record == lock.record_id), None)
        if locked is not None:
            lost = [replace(c, why="same" if c.value == locked.value else "lock") for c in given if c is not locked]
            winner = replace(locked, why="lock")
        found[field] = FieldValue(
            subject=subject, field=field, value=sealed.seal_value(winner.value, field), index=sealed.index_of(winner.value, field), source=sources[winner.source],
            record_id=winner.record, why=winner.why, at=winner.at, lost_count=len([c for c in lost if c.value != winner.value]),
            lost=sealed.seal_lost({"value": c.value, "source": c.source, "record": c.record, "at": c.at, "why": c.why} for c in lost),
        )  # fmt: skip
    return found


def _head(subject: Subject, values: dict[str, FieldValue], records: list[SourceRecord], areas: dict[str, str]) -> None:
    number = values.get("id_number") or values.get("credit_code")
    subject.number_index = number.index if number else ""
    subject.name_index = values["name"].index if "name" in values else ""
    subject.record_count, subject.source_count = len(records), len({r.source_id for r in records})
    if subject.kind == "entity":
        subject.label = sealed.open_value(bytes(values["name"].value), "name")[:200] if "name" in values else ""
        subject.number = sealed.open_value(bytes(values["credit_code"].value), "credit_code")[:18] if "credit_code" in values else ""
    code = sealed.open_value(bytes(values["area_code"].value), "area_code") if "area_code" in values else ""
    subject.area_path = _area(code, records, areas)


def _area(code: str, records: list[SourceRecord], areas: dict[str, str]) -> str:
    """Return the path of the narrowest area that the code names; without one the source's own."""
    for length in (12, 9, 6):
        short = code[:length]
        if len(short) < length:
            continue
        if short not in areas:
            areas[short] = Area.objects.filter(code=short).values_list("path", flat=True).first() or ""
        if areas[short]:
            return areas[short]
    org: Any = records[0].source.org if records else None
    return org.area.path if org is not None and org.area is not None else ""
