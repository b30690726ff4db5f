"""Paging by key: every row exactly once in both directions, whatever the values; strangers' cursors refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.models import IdempotentRequest as Row
from yiwang.kernel.base.paging import capped_count, page_by_key

START = datetime(2026, 1, 1, tzinfo=UTC)


def make(values: list[int]) -> None:
    """Rows whose `status` and `created_at` repeat, so that ties have to be broken by the key."""
    rows = Row.objects.bulk_create(
        Row(client="c", key=str(i), body_hash="", status=value) for i, value in enumerate(values)
    )
    for row in rows:
        Row.objects.filter(pk=row.pk).update(created_at=START + timedelta(microseconds=row.status))


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(0, 4), max_size=12),
    st.integers(1, 5),
    st.booleans(),
    st.sampled_from(["status", "created_at", "id"]),
)
def test_every_row_once_forwards_and_back(values: list[int], size: int, descending: bool, sort: str) -> None:
    Row.objects.all().delete()
    make(values)
    prefix = "-" if descending else ""
    expected = list(Row.objects.order_by(f"{prefix}{sort}", f"{prefix}pk").values_list("pk", flat=True))

    def page(cursor: str = ""):  # type: ignore[no-untyped-def]
        return page_by_key(Row.objects.all(), sort=sort, descending=descending, cursor=cursor, size=size)

    pages = [page()]
    while pages[-1].next:
        pages.append(page(pages[-1].next))
    assert [r.pk for p in pages for r in p.rows] == expected
    assert pages[0].previous == ""
    assert len(pages) == max(1, -(-len(expected) // size))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(page(back[-1].previous))
    assert [r.pk for p in reversed(back) for r in p.rows] == expected
    assert all(p.next for p in back[1:])


@pytest.mark.django_db
def test_a_row_added_meanwhile_neither_repeats_nor_hides_another() -> None:
    make([5, 4, 3, 2, 1])
    first = page_by_key(Row.objects.all(), sort="status", size=2)
    Row.objects.create(client="c", key="new", body_hash="", status=9)
    second = page_by_key(Row.objects.all(), sort="status", cursor=first.next, size=2)
    assert [r.status for r in (*first.rows, *second.rows)] == [5, 4, 3, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [2, 20])
def test_one_query_at_any_length(django_assert_num_queries, size) -> None:  # type: ignore[no-untyped-def]
    make(list(range(size)))
    with django_assert_num_queries(1):
        page_by_key(Row.objects.all(), sort="status", size=size)


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "", "a.b.c", pytest.param(signing.dumps(["n", 1, 1], salt="another"), id="another salt"), "中文" * 500])
def test_a_strangers_cursor_is_refused(cursor: str) -> None:
    make([1, 2])
    if not cursor:
        assert len(page_by_key(Row.objects.all(), cursor=cursor).rows) == 2
        return
    with pytest.raises(BadInput):
        page_by_key(Row.objects.all(), cursor=cursor)


@pytest.mark.django_db
def test_totals_stop_counting() -> None:
    make([1] * 7)
    assert capped_count(Row.objects.all(), cap=5) == (5, True)
    assert capped_count(Row.objects.all(), cap=7) == (7, False)
    assert page_by_key(Row.objects.all(), size=10_000).next == ""
