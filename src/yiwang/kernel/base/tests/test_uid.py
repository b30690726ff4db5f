"""UUIDv7: version and variant bits, order in time, no two alike."""

import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.base.uid import uuid7


@given(st.integers(0, 2**48 - 1))
def test_layout(milliseconds: int) -> None:
    made = uuid7(milliseconds)
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == milliseconds


@given(st.integers(0, 2**48 - 2))
def test_a_later_moment_sorts_later(milliseconds: int) -> None:
    assert uuid7(milliseconds) < uuid7(milliseconds + 1)
    assert str(uuid7(milliseconds)) < str(uuid7(milliseconds + 1))


def test_now_and_unlike() -> None:
    before = time.time_ns() // 1_000_000
    made = [uuid7() for _ in range(2000)]
    after = time.time_ns() // 1_000_000
    assert len(set(made)) == 2000
    assert all(before <= m.int >> 80 <= after for m in made)
