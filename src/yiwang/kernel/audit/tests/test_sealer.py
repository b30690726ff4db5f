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

from yiwang.kernel.audit import queries, rules, sealing
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
