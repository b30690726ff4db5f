"""The heads of chains in pages: what went in comes out, few bytes a case."""

from yiwang.kernel.audit.contracts import ChainHead
from yiwang.kernel.audit.heads import Heads


def test_what_went_in_comes_out():
    heads = Heads()
    assert heads.get(7) == ChainHead()
    heads.put(7, 1, b"a" * 32)
    heads.put(7, 2, b"b" * 32)
    heads.put(10**12, 5, b"c" * 32)
    heads.put(-3, 1, b"d" * 32)
    assert (heads.get(7), heads.get(10**12), heads.get(-3)) == (ChainHead(2, b"b" * 32), ChainHead(5, b"c" * 32), ChainHead(1, b"d" * 32))
    assert heads.get(8) == ChainHead()


def test_a_forged_head_is_kept_as_it_came():
    heads = Heads()
    heads.put(1, 3, b"short")
    heads.put(2, -4, b"e" * 32)
    assert (heads.get(1), heads.get(2)) == (ChainHead(3, b"short"), ChainHead(-4, b"e" * 32))
    heads.put(1, 4, b"f" * 32)
    assert heads.get(1) == ChainHead(4, b"f" * 32)
    assert list(heads.unknown()) == [1, 2]


def test_chains_that_no_case_has():
    heads = Heads()
    for case in (5, 4000, 12):
        heads.put(case, 1, b"g" * 32)
    heads.know(12)
    heads.know(99)  # a case without a line
    heads.put(12, 2, b"h" * 32)  # stays known
    assert list(heads.unknown()) == [5, 4000]


def test_a_hundred_thousand_cases_take_little():
    heads = Heads()
    for case in range(1, 100_001):
        heads.put(case, 1, b"i" * 32)
    assert sum(len(page) for page in heads._pages.values()) < 4_400_000
