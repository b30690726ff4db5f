"""The sealer as a process: seals what is final, makes the months ahead, ends when told; and its pure parts."""

import signal
import subprocess
import sys
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.audit import queries, rules, sealing, verifying
from yiwang.kernel.audit.models import Seal

LEAVES = st.lists(
    st.tuples(st.integers(1, 2**40), st.integers(1, 2**40), st.binary(min_size=32, max_size=32)), max_size=20
)


@pytest.mark.committed
def test_the_running_sealer_seals_and_ends_when_told(committed: Any, ledger: Any, tmp_path: Any) -> None:
    for case_id in (1, 2):
        ledger.write(case_id, "report")
    command = [sys.executable, "-m", "yiwang", "sealer", "--interval", "0.2"]
    process = subprocess.Popen(command, env={**committed.env(), "YIWANG_DATA_DIR": str(tmp_path)})
    try:
        deadline = time.monotonic() + 90
        while not queries.latest_seal() and time.monotonic() < deadline:
            assert process.poll() is None, "the sealer ended by itself"
            time.sleep(0.1)
        ledger.write(1, "file")
        while queries.latest_seal().total < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
    first, *_, last = Seal.objects.filter(stream="event").order_by("number")
    assert (last.total, last.upto_position, first.after_position) == (3, 3, 0)
    assert sealing.outside_copy()["event"]["hash"] == bytes(last.hash).hex()


@pytest.mark.committed
def test_once_and_status(ledger: Any, seal_everything: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "LINES_PER_SEAL", 2)
    for _ in range(5):
        ledger.write(1, "note")
    seal_everything()
    counts = list(Seal.objects.filter(stream="event").order_by("number").values_list("count", flat=True))
    assert (sum(counts), max(counts)) == (5, 2)
    out = StringIO()
    call_command("sealer", once=True, stdout=out)
    call_command("audit", "status", stdout=out)
    assert "0 lines sealed in 0 seals" in out.getvalue()
    assert f"event: drawn 5, readable 5, sealed 5 (seal {len(counts)})" in out.getvalue()


@given(LEAVES)
def test_leaves_survive_packing(leaves: list[rules.Leaf]) -> None:
    assert rules.unpack_leaves(rules.pack_leaves(leaves)) == leaves


@given(LEAVES, st.data())
def test_the_root_changes_with_any_leaf(leaves: list[rules.Leaf], data: Any) -> None:
    if not leaves:
        return
    at = data.draw(st.integers(0, len(leaves) - 1))
    position, xid, digest = leaves[at]
    changed = data.draw(
        st.sampled_from(
            [
                (position + 1, xid, digest),
                (position, xid + 1, digest),
                (position, xid, digest[1:] + bytes([digest[0] ^ 1])),
            ]
        )
    )
    other = [*leaves[:at], changed, *leaves[at + 1 :]]
    assert rules.merkle_root(other) != rules.merkle_root(leaves)
    assert rules.merkle_root(leaves[:-1]) != rules.merkle_root(leaves)


def test_a_tampered_list_of_leaves_is_empty_not_an_error() -> None:
    assert rules.unpack_leaves(b"nonsense") == []
    assert rules.unpack_leaves(rules.pack_leaves([(1, 2, b"x" * 32)])[:-3]) == []


def start(committed: Any, tmp_path: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "yiwang", "sealer", "--interval", "0.1"]
    return subprocess.Popen(command, env={**committed.env(), "YIWANG_DATA_DIR": str(tmp_path)})


def sealed_total(at_least: int, deadline: float) -> int:
    while True:
        seal = queries.latest_seal()
        total = seal.total if seal else 0
        if total >= at_least:
            return total
        assert time.monotonic() < deadline, f"only {total} of {at_least} lines were sealed"
        time.sleep(0.1)


@pytest.mark.committed
def test_a_sealer_killed_at_any_moment_leaves_a_whole_record_and_the_next_goes_on(committed: Any, ledger: Any, tmp_path: Any) -> None:
    """SIGKILL three times among writes; then one that was stopped (as a frozen machine) and goes on."""
    deadline, written = time.monotonic() + 240, 0
    for wait in (0.0, 0.7, 1.5):
        process = start(committed, tmp_path)
        try:
            for _ in range(5):
                ledger.write(1 + written % 3, "note")
                written += 1
            sealed_total(1 if wait else 0, deadline)
            time.sleep(wait)
        finally:
            process.kill()
            process.wait(20)
        report = verifying.verify()
        assert report.ok, [str(f) for f in report.faults]
    process = start(committed, tmp_path)
    try:
        sealed_total(written, deadline)
        process.send_signal(signal.SIGSTOP)
        for _ in range(6):
            ledger.write(1 + written % 3, "note")
            written += 1
        lagging = verifying.verify()
        assert (lagging.ok, lagging.unsealed) == (True, 6)  # lagging is no fault, and said
        process.send_signal(signal.SIGCONT)
        assert sealed_total(written, deadline) == written
    finally:
        process.kill()
        process.wait(20)
    sealing.seal_all()
    report = verifying.verify()
    assert (report.ok, report.unsealed, report.vouched_position) == (True, 0, written)


@pytest.mark.committed
def test_killed_between_seal_and_copy_the_next_sealer_copies_and_goes_on(ledger: Any, seal_everything: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.write(1, "report")
    seal_everything()
    ledger.write(1, "file")

    def killed() -> None:
        raise KeyboardInterrupt

    deadline = time.monotonic() + 60
    with monkeypatch.context() as patched:
        patched.setattr(sealing, "copy_outside", killed)
        while time.monotonic() < deadline:
            try:
                sealing.seal_all()  # nothing is final while another test's transaction runs
                time.sleep(0.2)
            except KeyboardInterrupt:
                break
    behind = sealing.outside_copy()
    assert behind is not None
    assert behind["event"]["number"] == 1
    assert Seal.objects.filter(stream="event").count() == 2
    assert verifying.verify().ok  # the copy is behind, which is no disagreement
    ledger.write(1, "dispatch")
    seal_everything()
    assert sealing.outside_copy()["event"]["number"] == queries.latest_seal().number
    assert verifying.verify().ok


@pytest.mark.committed
def test_two_sealers_at_once_make_one_row_of_seals(committed: Any, ledger: Any) -> None:
    for number in range(30):
        ledger.write(1 + number % 3, "note")
    committed.in_threads(*[lambda: sealing.seal_all() for _ in range(4)])
    sealing.seal_all()
    numbers = list(Seal.objects.filter(stream="event").order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    report = verifying.verify()
    assert report.ok, [str(f) for f in report.faults]
