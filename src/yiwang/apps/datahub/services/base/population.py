"""The run over the whole population base (全量比对): the trained linker sees all rows at once, joins what is sure, asks the rest.

A load compares each new row with stated weights, so that nobody waits. This run, nightly or after a large load, learns the
weights from the base itself and finds what the stated ones missed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import By, CandidatePair, PairState, SourceRecord, Subject, SubjectState
from yiwang.apps.datahub.rules.base.compare import GREY
from yiwang.apps.datahub.rules.base.keys import identity_of
from yiwang.apps.datahub.services.base import books, linking, merging, sealed
from yiwang.apps.datahub.services.base.places import anywhere
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now

COLUMNS = {"id": "id", "full_name": "name", "birth_date": "birth_date", "sex": "sex", "address": "address", "phone": "phone", "identity_number": "id_number"}
_READ = ("name", "birth_date", "sex", "phone", "id_number")
WAITING = (PairState.OPEN, PairState.SECOND, PairState.LATER)


@dataclass
class Ran:
    """What a run did: rows looked at, records joined, new questions, questions whose weights are newer now."""

    rows: int = 0
    joined: int = 0
    asked: int = 0
    weighed: int = 0
    seconds: float = 0.0


def run(actor: Actor) -> Ran:
    """Link all present rows of persons with `rules.linkage`. What is decided already stays decided; nothing is joined with a stranger's number.

    Values are opened in the memory of this process alone; none is written down.
    """
    actor.require(merging.GOVERN, **anywhere(actor, merging.GOVERN))
    began, ran = time.perf_counter(), Ran()
    tables, numbers_of = _tables()
    ran.rows = len(numbers_of)
    found: list[Any] = []
    lake: Mapping[str, Any] = settings.LAKE
    book = books.in_force("person")
    version = f"learned-{now():%Y%m%d%H%M}"
    if ran.rows > 1:
        # Here, not above: the linker's libraries take seconds to load, and no page needs them.
        from yiwang.apps.datahub.rules import linkage
        from yiwang.apps.datahub.rules.base.proposals import proposals

        linked = linkage.link(tables, linkage.columns(_present(tables)), linkage.Options(memory_mb=lake["memory_mb"], threads=lake["threads"]))
        subject_of, numbers = _whose(numbers_of)
        found = proposals(linked, subject_of, numbers, auto=book.auto, review=book.review)
    with transaction.atomic():
        linking.one_at_a_time("person")
        _apply(actor, found, numbers_of, version, ran)
        ran.seconds = round(time.perf_counter() - began, 1)
        record(actor, action="datahub.base.linked", data={"rows": ran.rows, "joined": ran.joined, "asked": ran.asked, "weighed": ran.weighed, "model": version, "seconds": ran.seconds})
    return ran


def _tables() -> tuple[dict[str, Any], dict[int, str]]:
    """Return an Arrow table for each source, and the valid number (or "") of each row."""
    import pyarrow as pa

    columns: dict[str, dict[str, list[str]]] = {}
    numbers: dict[int, str] = {}
    rows = SourceRecord.objects.filter(kind="person", is_current=True, ended_at=None).order_by("pk")
    for pk, code, body in rows.values_list("pk", "source__code", "body").iterator(chunk_size=5000):
        values = linking.enriched(sealed.open_body(bytes(body))["values"])
        numbers[pk] = identity_of(values.get("id_number", ""))
        table = columns.setdefault(code, {name: [] for name in ("id", "address", *_READ)})
        table["id"].append(str(pk))
        table["address"].append(values.get("residence_address") or values.get("household_address", ""))
        for name in _READ:
            table[name].append(values.get(name, ""))
    return {code: pa.table({name: pa.array(values, pa.string()) for name, values in table.items()}) for code, table in columns.items()}, numbers


def _present(tables: Mapping[str, Any]) -> dict[str, str]:
    """Return the mapping of the columns in which anybody says anything."""
    said = {name for table in tables.values() for name in table.column_names if any(table.column(name).to_pylist())}
    return {kind: column for kind, column in COLUMNS.items() if column in said}


def _whose(numbers_of: Mapping[int, str]) -> tuple[dict[int, int], dict[int, frozenset[str]]]:
    """Return the golden record of each row, and the valid numbers of each golden record."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.id, m.subject_id FROM datahub_sourcerecord r JOIN datahub_idmap m ON m.source_id = r.source_id AND m.key_index = r.key_index AND m.valid_to IS NULL
               WHERE r.kind = 'person' AND r.is_current AND r.ended_at IS NULL"""
        )
        subject_of = {pk: subject for pk, subject in cursor.fetchall() if pk in numbers_of}
    numbers: dict[int, frozenset[str]] = {}
    for pk, subject in subject_of.items():
        if numbers_of[pk]:
            numbers[subject] = numbers.get(subject, frozenset()) | {numbers_of[pk]}
    return subject_of, numbers


def _apply(actor: Actor, found: list[Any], numbers_of: Mapping[int, str], version: str, ran: Ran) -> None:
    """Join and ask, in the order of certainty; what has changed since the rows were read is left for the next run."""
    subject_of, numbers = _whose(numbers_of)
    known = {(p.left_id, p.right_id): p for p in CandidatePair.objects.filter(kind="person", left_id__in={p.left for p in found}).select_for_update()}
    gone: dict[int, int] = {}

    def now_at(subject: int) -> int:
        while subject in gone:
            subject = gone[subject]
        return subject

    for one in found:
        if subject_of.get(one.left_record) != one.left or subject_of.get(one.right_record) != one.right:
            continue
        left, right = sorted((now_at(one.left), now_at(one.right)))
        asked = known.get((left, right)) or known.get((one.left, one.right))
        if left == right or (asked is not None and asked.state not in WAITING):
            continue
        if not one.why and len(numbers.get(left, frozenset()) | numbers.get(right, frozenset())) < 2 and (asked is None or (asked.state == PairState.OPEN and asked.why == GREY)):
            kept, lost = merging.locked(left, right)
            if SubjectState.MERGED in (kept.state, lost.state):
                continue
            merging.join(actor, kept, lost, by=By.MODEL, reason=_("The run over the whole base is sure: %(bits)s bits") % {"bits": one.bits}, score=one.bits, version=version)
            gone[right] = left
            numbers[left] = numbers.get(left, frozenset()) | numbers.get(right, frozenset())
            ran.joined += 1
        elif (left, right) == (one.left, one.right):
            _ask(one, asked, version, ran)


def _ask(one: Any, asked: CandidatePair | None, version: str, ran: Ran) -> None:
    columns = [{"name": c.name, "level": c.level, "bits": c.bits} for c in one.columns]
    if asked is None:
        subject = Subject.objects.only("area_path").get(pk=one.left)
        CandidatePair.objects.create(
            kind="person", left_id=one.left, right_id=one.right, left_record_id=one.left_record, right_record_id=one.right_record, score=one.bits, why=one.why or GREY,
            model_version=version, columns=columns, area_path=subject.area_path,
        )  # fmt: skip
        ran.asked += 1
    elif asked.state == PairState.OPEN and (asked.left_record_id, asked.right_record_id) == (one.left_record, one.right_record):
        asked.score, asked.columns, asked.model_version = one.bits, columns, version
        asked.save(update_fields=["score", "columns", "model_version"])
        ran.weighed += 1


