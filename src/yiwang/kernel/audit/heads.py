"""The head of every case's chain while the record is re-read: 41 bytes a case, so that a million cases take 41 MB."""

import struct
from collections.abc import Iterator

from yiwang.kernel.audit.contracts import ChainHead

_HEAD = struct.Struct("<?q32s")  # known to the cases; lines of the chain; hash of the last
_PAGE = 1024
_FROM = ChainHead()


class Heads:
    """Heads by case, in pages of neighbouring cases; what is no SHA-256 (somebody's forgery) is kept as it came."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}
        self._odd: dict[int, ChainHead] = {}

    def get(self, case_id: int) -> ChainHead:
        """Return the head of a chain as far as it was read; an empty one where no line was."""
        page, at = self._place(case_id)
        if page is None:
            return _FROM
        if case_id in self._odd:
            return self._odd[case_id]
        _known, count, head = _HEAD.unpack_from(page, at)
        return ChainHead(count, head) if count else _FROM

    def put(self, case_id: int, count: int, head: bytes) -> None:
        page, at = self._place(case_id, make=True)
        assert page is not None
        if len(head) == 32 and count > 0:
            self._odd.pop(case_id, None)
            _HEAD.pack_into(page, at, page[at] != 0, count, head)
        else:
            self._odd[case_id] = ChainHead(count, head)
            _HEAD.pack_into(page, at, page[at] != 0, max(count, 1), b"")

    def know(self, case_id: int) -> None:
        """Note that a case says it has this chain."""
        page, at = self._place(case_id)
        if page is not None:
            page[at] = 1

    def unknown(self) -> Iterator[int]:
        """Yield the cases of chains that no case has said to have."""
        for number in sorted(self._pages):
            page = self._pages[number]
            for n in range(_PAGE):
                known, count, _head = _HEAD.unpack_from(page, n * _HEAD.size)
                if count and not known:
                    yield number * _PAGE + n

    def _place(self, case_id: int, *, make: bool = False) -> tuple[bytearray | None, int]:
        number, n = divmod(case_id, _PAGE)
        page = self._pages.get(number)
        if page is None and make:
            page = self._pages[number] = bytearray(_PAGE * _HEAD.size)
        return page, n * _HEAD.size
