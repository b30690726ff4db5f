"""Re-reading the whole record: every line against its own hash, its case's chain, its seal and the copy outside."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from yiwang.kernel.audit import rules, services
from yiwang.kernel.audit.contracts import Fault, Report
from yiwang.kernel.audit.heads import Heads
from yiwang.kernel.audit.models import Seal, Verification
from yiwang.kernel.audit.sealing import STREAMS, header, outside_copy, outside_path
from yiwang.kernel.base.clock import now

log = logging.getLogger("yiwang.audit")
HeadSource = Callable[[], Iterable[tuple[int, int, bytes]]]
_head_sources: list[HeadSource] = []


def register_head_source(source: HeadSource) -> None:
    """Name who keeps chains' heads: a function that yields (case_id, count, head) of every case."""
    if source not in _head_sources:
        _head_sources.append(source)


@dataclass
class _Walk:
    """What one pass over a stream gathers."""

    stream: str
    lines: int = 0
    unsealed: int = 0
    faults: list[Fault] = field(default_factory=list)
    seals: list[Seal] = field(default_factory=list)  # in order, without their leaves
    bad_seals: set[int] = field(default_factory=set)
    chains: Heads = field(default_factory=Heads)
    moved: dict[bytes, list[int]] = field(default_factory=dict)  # hash of a line out of place -> indexes of faults
    missing: dict[bytes, int] = field(default_factory=dict)  # hash of a sealed line not found -> index of fault

    def fault(self, kind: str, detail: str, **where: Any) -> int:
        self.faults.append(Fault(kind=kind, stream=self.stream, detail=detail, **where))
        return len(self.faults) - 1


def _check_seals(walk: _Walk) -> Iterator[tuple[Seal, list[rules.Leaf] | None]]:
    """Yield each seal with its leaves (None where they cannot be trusted), noting what is wrong with it."""
    previous: Seal | None = None
    for seal in Seal.objects.filter(stream=walk.stream).order_by("number").iterator(chunk_size=20):
        at = {"seal": seal.number}
        expected = previous.number + 1 if previous else 1
        if seal.number != expected:
            gap = (
                f"seals {expected} to {seal.number - 1} are missing; lines {_span(previous, seal)} are not vouched for"
            )
            walk.fault("seal_removed", gap, seal=expected)
            walk.bad_seals.add(expected)
        elif bytes(seal.previous) != (bytes(previous.hash) if previous else b"") or seal.after_position != (
            previous.upto_position if previous else 0
        ):
            walk.fault("seal_altered", "does not follow the seal before it", **at)
            walk.bad_seals.add(seal.number)
        digest = rules.seal_hash(header(seal))
        mac = rules.seal_mac(settings.SEAL_KEY, digest)
        leaves: list[rules.Leaf] | None = rules.unpack_leaves(bytes(seal.leaves))
        if digest != bytes(seal.hash) or mac != bytes(seal.mac):
            walk.fault("seal_altered", "its signature does not fit its content", **at)
            walk.bad_seals.add(seal.number)
            leaves = None
        elif leaves is None or len(leaves) != seal.count or rules.merkle_root(leaves) != bytes(seal.root):
            walk.fault("seal_altered", "its list of lines does not fit its root", **at)
            walk.bad_seals.add(seal.number)
            leaves = None
        previous = seal
        seal.leaves = b""
        walk.seals.append(seal)
        yield seal, leaves


def _span(previous: Seal | None, seal: Seal) -> str:
    return f"{(previous.upto_position if previous else 0) + 1} to {seal.after_position}"


def _lines(stream: str) -> Iterator[dict[str, Any]]:
    columns = services.EVENT_COLUMNS if stream == "event" else services.ACCESS_COLUMNS
    rows = STREAMS[stream]._base_manager.order_by("position", "uid")
    yield from rows.values("position", "xid", *columns).iterator(chunk_size=2000)


def _where(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "position": line["position"],
        "uid": str(line["uid"]),
        "case_id": line["case_id"],
        "seq": line.get("case_seq"),
    }


def _check_own_hash(walk: _Walk, line: dict[str, Any], seal: int | None) -> bool:
    if rules.event_hash(line) == bytes(line["hash"]):
        return True
    walk.fault("altered", "its content does not fit its hash", seal=seal, **_where(line))
    return False


def _check_chain(walk: _Walk, line: dict[str, Any]) -> None:
    if line["case_id"] is None or "case_seq" not in line:  # an access names its case, but no chain runs through it
        return
    before = walk.chains.get(line["case_id"])
    seq = line["case_seq"]
    walk.chains.put(line["case_id"], seq, bytes(line["hash"]))
    at = _where(line)
    if seq > before.count + 1:
        at |= {"seq": before.count + 1, "uid": "", "position": None}
        walk.fault(
            "removed", f"lines {before.count + 1} to {seq - 1} of the case are missing before {line['position']}", **at
        )
    elif seq <= before.count:
        walk.fault("broken_chain", f"comes after no. {before.count} of its case", **at)
    elif bytes(line["prev_hash"]) != before.head:
        walk.fault("broken_chain", "does not name the line before it", **at)


def _check_leaf(walk: _Walk, line: dict[str, Any], leaf: rules.Leaf, seal: int, own: bool) -> None:
    """Compare a line with what was sealed at its position."""
    _, xid, digest = leaf
    if bytes(line["hash"]) != digest:
        if own:  # the content fits its hash: rewritten with care, or another line's number
            index = walk.fault(
                "altered", "is not the line that was sealed (rewritten with a new hash)", seal=seal, **_where(line)
            )
            walk.moved.setdefault(bytes(line["hash"]), []).append(index)
            walk.missing.setdefault(digest, index)
    elif line["xid"] != xid:
        walk.fault("altered", "its transaction number was changed", seal=seal, **_where(line))


def _put_in(walk: _Walk, line: dict[str, Any], seal: int | None, detail: str) -> None:
    index = walk.fault("inserted", detail, seal=seal, **_where(line))
    walk.moved.setdefault(bytes(line["hash"]), []).append(index)


def _walk(stream: str) -> _Walk:
    """Go through lines and sealed leaves side by side; both come by position."""
    walk = _Walk(stream)
    groups = (list(group) for _, group in groupby(_lines(stream), key=lambda line: line["position"]))
    group = next(groups, [])

    def take(seal: int | None) -> list[tuple[dict[str, Any], bool]]:
        """Check what needs no leaf of the lines with the present number, and go on; each with: content fits its hash."""
        nonlocal group
        taken = []
        for line in group:
            walk.lines += 1
            _check_chain(walk, line)
            taken.append((line, _check_own_hash(walk, line, seal)))
        group = next(groups, [])
        return taken

    while group and group[0]["position"] < 1:
        for line, _ in take(None):
            _put_in(walk, line, None, "its number was never drawn")
    for seal, leaves in _check_seals(walk):
        while group and group[0]["position"] <= seal.after_position:
            take(None)  # the seal over these is missing, which is said already
        for leaf in leaves or []:
            while group and group[0]["position"] < leaf[0]:
                for line, _ in take(seal.number):
                    _put_in(walk, line, seal.number, "was not there when its neighbours were sealed")
            if not group or group[0]["position"] > leaf[0]:
                walk.missing[leaf[2]] = walk.fault(
                    "removed", "was sealed and is gone", seal=seal.number, position=leaf[0]
                )
                continue
            # Two lines with one number: the one that fits the seal is true, the other was put in.
            taken = sorted(take(seal.number), key=lambda pair: bytes(pair[0]["hash"]) != leaf[2])
            _check_leaf(walk, taken[0][0], leaf, seal.number, taken[0][1])
            for line, _ in taken[1:]:
                _put_in(walk, line, seal.number, "has the number of another line")
        while group and group[0]["position"] <= seal.upto_position:
            for line, _ in take(seal.number):
                if leaves is not None:
                    _put_in(walk, line, seal.number, "was not there when its neighbours were sealed")
    while group:
        walk.unsealed += len(group)
        take(None)
    _name_moves(walk)
    return walk


def _name_moves(walk: _Walk) -> None:
    """A line out of place whose hash was sealed at another position was moved, not rewritten: say so, once."""
    settled: set[int] = set()
    for seal in (
        Seal.objects.filter(stream=walk.stream).order_by("number").iterator(chunk_size=20) if walk.moved else ()
    ):
        for position, _xid, digest in rules.unpack_leaves(bytes(seal.leaves)):
            for index in walk.moved.get(digest, ()):
                walk.faults[index] = replace(
                    walk.faults[index], kind="reordered", detail=f"was sealed as line {position}"
                )
                gone = walk.missing.get(digest)
                if gone is not None and walk.faults[gone].kind == "removed":
                    settled.add(gone)
    if settled:
        walk.faults = [f for i, f in enumerate(walk.faults) if i not in settled]


def _check_heads(walk: _Walk) -> int:
    """Compare the chains with what the cases say of them; returns how many cases were compared."""
    compared = 0
    for source in _head_sources:
        for case_id, count, head in source():
            compared += 1
            walk.chains.know(case_id)
            found = walk.chains.get(case_id)
            if found.count < count:
                missing = f"lines {found.count + 1} to {count} of the case are missing at its end"
                walk.fault("removed", missing, case_id=case_id, seq=found.count + 1)
            elif found.count > count:
                walk.fault(
                    "inserted", f"the case knows {count} lines, there are {found.count}", case_id=case_id, seq=count + 1
                )
            elif bytes(head) != found.head:
                walk.fault("wrong_head", "the last line is not the one that the case knows", case_id=case_id, seq=count)
    if _head_sources:
        for case_id in walk.chains.unknown():
            walk.fault("wrong_head", "no such case", case_id=case_id)
    return compared


def _check_outside(walk: _Walk, outside: dict[str, dict[str, Any]] | None) -> None:
    known = (outside or {}).get(walk.stream)
    if known is None:
        if walk.seals:
            walk.fault("outside_missing", f"there is no copy of the latest seal in {outside_path()}")
        return
    number = int(known["number"])
    if rules.seal_mac(settings.SEAL_KEY, bytes.fromhex(known["hash"])).hex() != known["mac"]:
        walk.fault("outside_altered", f"the copy in {outside_path()} is not signed with our key", seal=number)
        return
    seal = next((s for s in walk.seals if s.number == number), None)
    if seal is None:
        last = walk.seals[-1] if walk.seals else None
        gap = f"{last.number + 1 if last else 1} to {number}"
        span = f"{(last.upto_position if last else 0) + 1} to {known['upto_position']}"
        walk.fault("seal_removed", f"seals {gap} are missing at the end; lines {span} are not vouched for", seal=number)
    elif bytes(seal.hash).hex() != known["hash"]:
        walk.fault("seal_altered", "is not the seal that was copied outside", seal=number)
        walk.bad_seals.add(number)


def _last_good(walk: _Walk) -> Seal | None:
    """Return the last seal before the first wrong line or seal."""
    spoiled = walk.bad_seals | {f.seal for f in walk.faults if f.seal is not None}
    chain_faults = [f.position for f in walk.faults if f.position is not None]
    first_position = min(chain_faults, default=None)
    good = None
    for seal in walk.seals:
        if any(number <= seal.number for number in spoiled):
            break
        if first_position is not None and seal.upto_position >= first_position:
            break
        good = seal
    return good


def verify() -> Report:
    """Check everything and name what is wrong; reads only, beside running work.

    The whole is read in one snapshot, so that cases and lines fit together while people go on working.
    """
    outside = outside_copy()  # first: a seal made meanwhile is then only ahead of the copy
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        events, accesses = _walk("event"), _walk("access")
        cases = _check_heads(events)
        for walk in (events, accesses):
            _check_outside(walk, outside)
    good = _last_good(events)
    return Report(
        lines=events.lines + accesses.lines,
        unsealed=events.unsealed + accesses.unsealed,
        cases=cases,
        seals=len(events.seals) + len(accesses.seals),
        vouched_until=good.sealed_at if good else None,
        vouched_position=good.upto_position if good else 0,
        faults=events.faults + accesses.faults,
    )


KEPT_FAULTS = 100


def keep(report: Report, started: datetime, by: str) -> Verification:
    """Keep what a verification found, for the page of seals."""
    return Verification.objects.create(
        started_at=started, finished_at=now(), by=by[:120], lines=report.lines, cases=report.cases, seals=report.seals,
        unsealed=report.unsealed, vouched_until=report.vouched_until, vouched_position=report.vouched_position,
        fault_count=len(report.faults), faults=[str(fault) for fault in report.faults[:KEPT_FAULTS]],
    )  # fmt: skip


def verify_and_keep(by: str) -> Report:
    """Verify, keep the result, and say loudly when something is wrong."""
    started = now()
    report = verify()
    keep(report, started, by)
    if not report.ok:
        log.error("the record is not whole: %s faults, the first: %s", len(report.faults), report.faults[0])
    return report
