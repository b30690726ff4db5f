"""Finding out whose a source row is: number first, weights second, and a person for what lies between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from yiwang.apps.datahub.models import By, CandidatePair, IdMap, PairState, SourceRecord, Subject, SubjectState
from yiwang.apps.datahub.rules.base import compare
from yiwang.apps.datahub.rules.base.book import Book
from yiwang.apps.datahub.rules.base.keys import identity_of
from yiwang.apps.datahub.services.base import books, golden, sealed
from yiwang.kernel.base.clock import now

_LINKING = 7_201_470


@dataclass
class Linked:
    joined: int = 0
    pairs: int = 0


@dataclass
class _Found:
    """What one golden record's rows say of a new row."""

    best: compare.Compared
    record: SourceRecord
    worst: compare.Compared | None = None  # a guard of one of its rows holds for the whole
    against: SourceRecord | None = None


@dataclass
class _Pool:
    """Rows that may be the same, read once for a chunk."""

    records: dict[int, SourceRecord] = field(default_factory=dict)
    rows: dict[int, Mapping[str, str]] = field(default_factory=dict)
    by_block: dict[str, list[int]] = field(default_factory=dict)
    subject_of: dict[tuple[int, str], int] = field(default_factory=dict)

    def add(self, record: SourceRecord) -> None:
        self.records[record.pk] = record
        self.rows[record.pk] = enriched(sealed.open_body(bytes(record.body))["values"])
        for block in record.blocks:
            self.by_block.setdefault(block, []).append(record.pk)


def enriched(values: Mapping[str, str]) -> dict[str, str]:
    """Return the row with what its number says where the row itself is silent: birth and sex, or the organisation code."""
    found = dict(values)
    number = identity_of(found.get("id_number", ""))
    if len(number) == 18 and number[6:14].isdecimal():
        found.setdefault("birth_date", f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
        found.setdefault("sex", "1" if int(number[16]) % 2 else "2")
    if code := identity_of(found.get("credit_code", "")):
        found.setdefault("organisation_code", code[8:17])  # 主体标识码, what an entity had before 2015
    return found


def one_at_a_time(kind: str) -> None:
    """Wait until nobody else links this base: two sources at once would each make a golden record of the same person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LINKING + (kind == "entity")])


def link_records(kind: str, records: Sequence[SourceRecord]) -> Linked:
    """Give each new version its golden record, make questions of what is doubtful, and make the golden records anew.

    The caller holds the transaction. A row that has its record already keeps it: new values may only raise a question.
    """
    book, linked, moment = books.in_force(kind), Linked(), now()
    one_at_a_time(kind)
    pool = _pool(kind, records)
    touched: set[int] = set()
    pairs: dict[tuple[int, int], CandidatePair] = {}
    for record in records:
        own = pool.subject_of.get((record.source_id, record.key_index))
        found = _neighbours(book, pool, record)
        if own is None:
            own, joined = _place(book, pool, record, found, moment)
            linked.joined += joined
        touched.add(own)
        for subject, one in found.items():
            if subject != own:
                _question(pairs, kind, book, own, subject, record, one)
    golden.rebuild(Subject.objects.select_for_update().filter(pk__in=touched, state__in=(SubjectState.LIVE, SubjectState.ENDED)).order_by("pk"))
    linked.pairs = _ask(pairs)
    return linked


def _pool(kind: str, records: Sequence[SourceRecord]) -> _Pool:
    pool = _Pool()
    wanted = list({b for r in records for b in r.blocks})
    rows = SourceRecord.objects.filter(kind=kind, is_current=True, blocks__overlap=wanted).select_related("source") if wanted else []
    for row in rows:
        pool.add(row)
    keys = {r.key_index for r in pool.records.values()} | {r.key_index for r in records}
    for source, key, subject in IdMap.objects.filter(key_index__in=keys, valid_to=None).values_list("source_id", "key_index", "subject_id"):
        pool.subject_of[source, key] = subject
    for record in records:
        if record.pk not in pool.records:
            pool.add(record)
    return pool


def _neighbours(book: Book, pool: _Pool, record: SourceRecord) -> dict[int, _Found]:
    """Compare with whatever shares a block; rows of this chunk that have no golden record yet come later by themselves."""
    near: set[int] = set()
    for block in record.blocks:
        if len(pool.by_block[block]) <= book.most_in_block:
            near.update(pool.by_block[block])
    found: dict[int, _Found] = {}
    for pk in sorted(near - {record.pk}):
        other = pool.records[pk]
        subject = pool.subject_of.get((other.source_id, other.key_index))
        if subject is None or (other.source_id, other.key_index) == (record.source_id, record.key_index):
            continue
        said = compare.compare(book, pool.rows[record.pk], pool.rows[pk])
        one = found.get(subject)
        if one is None or _order(said) > _order(one.best):
            found[subject] = one = _Found(said, other, one.worst if one else None, one.against if one else None)
        if (said.verdict == compare.REVIEW and said.why in (compare.NUMBER_CONFLICT, compare.TWO_NUMBERS)) or _contradicts(book, pool.rows[record.pk], pool.rows[pk]):
            one.worst, one.against = said, other
    return {s: one for s, one in found.items() if one.best.verdict != compare.NO}


def _order(said: compare.Compared) -> tuple[int, float]:
    return ((compare.NO, compare.REVIEW, compare.AUTO).index(said.verdict), said.score)


def _contradicts(book: Book, a: Mapping[str, str], b: Mapping[str, str]) -> bool:
    key = "id_number" if book.kind == "person" else "credit_code"
    left, right = identity_of(a.get(key, "")), identity_of(b.get(key, ""))
    return bool(left and right and left != right)


def _place(book: Book, pool: _Pool, record: SourceRecord, found: Mapping[int, _Found], moment: datetime) -> tuple[int, int]:
    sure = [(one.best.score, -subject) for subject, one in found.items() if one.best.verdict == compare.AUTO and one.worst is None]
    if sure:
        score, least = max(sure)
        subject, said = -least, found[-least].best
        by = By.RULE if said.why in ("id_number", "credit_code") else By.MODEL
        method, new = said.why, 0
    else:
        made = Subject.objects.create(kind=record.kind)
        subject, score, by, method, new = made.pk, 0.0, By.RULE, "first", 1
    IdMap.objects.create(
        source_id=record.source_id, key_index=record.key_index, subject_id=subject, valid_from=moment, by=by, method=method,
        score=None if new else score, model_version=book.version,
    )  # fmt: skip
    pool.subject_of[record.source_id, record.key_index] = subject
    return subject, 1 - new


def _question(pairs: dict[tuple[int, int], CandidatePair], kind: str, book: Book, own: int, other: int, record: SourceRecord, one: _Found) -> None:
    said = one.worst if one.worst is not None and one.worst.verdict == compare.REVIEW else one.best
    against = one.against if said is one.worst and one.against is not None else one.record
    left, right = sorted((own, other))
    if (known := pairs.get((left, right))) is not None and known.score >= said.score:
        return
    mine, theirs = (record, against) if own == left else (against, record)
    why = said.why if said.verdict == compare.REVIEW else compare.TWO_NUMBERS if one.worst is not None else compare.GREY
    pairs[left, right] = CandidatePair(
        kind=kind, left_id=left, right_id=right, left_record=mine, right_record=theirs, score=said.score, why=why, model_version=book.version,
        columns=[{"name": c.name, "level": c.level, "bits": c.bits} for c in said.columns], state=PairState.OPEN,
    )  # fmt: skip


def _ask(pairs: Mapping[tuple[int, int], CandidatePair]) -> int:
    """Store questions that nobody has answered before; returns how many are new."""
    known = set(CandidatePair.objects.filter(left_id__in=[a for a, _b in pairs], right_id__in=[b for _a, b in pairs]).values_list("left_id", "right_id"))
    paths = dict(Subject.objects.filter(pk__in={a for a, _b in pairs}).values_list("pk", "area_path"))
    fresh = [pair for at, pair in pairs.items() if at not in known]
    for pair in fresh:
        pair.area_path = paths.get(pair.left_id, "")
    CandidatePair.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
