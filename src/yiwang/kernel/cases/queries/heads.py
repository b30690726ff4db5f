"""Heads of the cases' chains, for `yiwang audit verify`."""

from collections.abc import Iterator

from yiwang.kernel.cases.models import Case


def chain_heads() -> Iterator[tuple[int, int, bytes]]:
    """Yield (case id, number of lines, last hash) of every case, imported and trial ones too."""
    rows = Case.all_modes.order_by("pk").values_list("pk", "event_count", "event_head")
    for pk, count, head in rows.iterator(chunk_size=5000):
        yield pk, count, bytes(head)
