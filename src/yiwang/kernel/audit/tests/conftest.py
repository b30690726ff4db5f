"""A record of three cases and some caseless lines, committed and sealed; and somebody with all rights on the server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from yiwang.kernel.audit import queries, sealing, services, verifying
from yiwang.kernel.audit.contracts import CaseRef, ChainHead, Report
from yiwang.kernel.base import actor as actors
from yiwang.kernel.base.uid import uuid7


class Ledger:
    """Stands for the cases room: keeps each case's chain head beside the lines, as the cases table does."""

    def __init__(self) -> None:
        self.heads: dict[int, ChainHead] = {}
        self.uids = {case_id: uuid7() for case_id in range(1, 10)}

    def write(self, case_id: int | None, action: str, **more: Any) -> None:
        case = None if case_id is None else CaseRef(case_id, self.uids[case_id], "1.2.", 7, "city.problem")
        chain = None if case_id is None else self.heads.get(case_id, ChainHead())
        with transaction.atomic():
            ref = services.record(actors.system("test"), action=action, case=case, chain=chain, **more)
        if case_id is not None:
            self.heads[case_id] = ref.chain

    def source(self) -> Iterator[tuple[int, int, bytes]]:
        yield from ((case_id, head.count, head.head) for case_id, head in self.heads.items())


@pytest.fixture
def ledger(committed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> Ledger:
    settings.DATA_DIR = tmp_path
    made = Ledger()
    monkeypatch.setattr(verifying, "_head_sources", [made.source])
    return made


@pytest.fixture
def seal_everything() -> Callable[[], None]:
    """Seal until nothing is left. Transactions of other tests on the server delay what is final, so it may wait."""

    def seal() -> None:
        deadline = time.monotonic() + 90
        while True:
            sealing.seal_all()
            done = [
                not model._base_manager.filter(
                    position__gt=getattr(queries.latest_seal(s), "upto_position", 0)
                ).exists()
                for s, model in sealing.STREAMS.items()
            ]
            if all(done):
                return
            assert time.monotonic() < deadline, "lines never became final: another transaction is open"
            time.sleep(0.2)

    return seal


@pytest.fixture
def record_of_three(ledger: Ledger, seal_everything: Callable[[], None]) -> Ledger:
    """Cases 1-3 with four lines each in turn, two lines of no case, one access; all sealed in two seals."""
    for action in ("report", "file"):
        for case_id in (1, 2, 3):
            ledger.write(case_id, action, data={"n": case_id, "x": 1.5}, point=(116.0, 36.45))
    ledger.write(None, "sign_in")
    seal_everything()
    for action in ("dispatch", "close"):
        for case_id in (1, 2, 3):
            ledger.write(case_id, action)
    ledger.write(None, "sign_out")
    services.log_access(actors.system("test"), party_id=5, fields=["phone"], purpose="call back")
    seal_everything()
    report = verifying.verify()
    assert report.ok, [str(f) for f in report.faults]
    assert (report.lines, report.cases, report.unsealed) == (15, 3, 0)
    return ledger


@pytest.fixture
def attacker(committed: Any) -> Iterator[Callable[..., Any]]:
    """Run SQL as superuser with every trigger off: `attacker("UPDATE ...", [values])`."""
    connection = committed.connect("postgres")
    connection.autocommit = True
    connection.execute("SET session_replication_role = replica")
    yield lambda statement, values=(): connection.execute(statement, values)
    connection.close()


def named(report: Report) -> set[tuple[str, int | None]]:
    """Return (kind, position) of what a report names."""
    return {(f.kind, f.position) for f in report.faults}
