"""CSV of any encoding and delimiter, streamed; half a file is told from a whole one."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from yiwang.apps.datahub.errors import FileRefused
from yiwang.apps.datahub.lake.reading.opened import BadRow, Opened
from yiwang.apps.datahub.rules.contract import Column
from yiwang.apps.datahub.rules.landing.headers import MOST_TITLES, header_row, match

DELIMITERS = (",", "\t", ";", "|", "，")
BLOCK = 4 << 20
MOST_RAGGED = 50_000
HEAD = 256 << 10


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one pass over the bytes finds."""

    encoding: str
    has_long_cells: bool  # a line end may stand inside a quoted cell
    odd_quotes: bool
    ends_whole: bool
    size: int


def look(path: Path) -> Look:
    """Read the file once: which encoding it keeps from the first byte to the last, its hash, its quotes.

    Raises
    ------
    FileRefused
        It is empty, holds zero bytes, or no encoding reads it whole.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if not head:
        raise FileRefused(reason="empty")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decoded(path, "utf-16")
    if head[:3] == b"\xef\xbb\xbf":
        return _decoded(path, "utf-8-sig")
    try:
        return _decoded(path, "utf-8")
    except FileRefused:
        return _decoded(path, "gb18030")


def _decoded(path: Path, encoding: str) -> Look:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    quotes, size, last, rest, inside = 0, 0, b"", b"", False
    fast = encoding in ("utf-8", "utf-8-sig")
    try:
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                if fast:
                    rest = _checked(rest + block)
                else:
                    decoder.decode(block)
                found = block.count(b'"')
                inside = inside or (found > 0 and _broken_over_lines(block, quotes % 2, found))
                quotes += found
                size += len(block)
                last = block[-2:]
                if encoding != "utf-16" and b"\x00" in block:
                    raise FileRefused(reason="binary")
        decoder.decode(rest, True)
    except (UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise FileRefused(reason="encoding") from error
    return Look(encoding=encoding, has_long_cells=inside or quotes % 2 == 1 or encoding == "utf-16", odd_quotes=quotes % 2 == 1, ends_whole=b"\n" in last or b"\r" in last, size=size)


def _broken_over_lines(block: bytes, odd: int, quotes: int) -> bool:
    """Say whether a line end stands after an odd number of quotes: inside a quoted cell, which costs the parser much more."""
    if quotes * 200 < len(block):  # few quotes: what stands between them is looked at
        return any(b"\n" in cell or b"\r" in cell for cell in block.split(b'"')[1 - odd :: 2])
    data = np.frombuffer(block, dtype=np.uint8)
    before = np.searchsorted(np.flatnonzero(data == 0x22), np.flatnonzero((data == 0x0A) | (data == 0x0D)))
    return bool(((before + odd) % 2).any())


def _checked(block: bytes) -> bytes:
    """Check that a block is UTF-8 as far as it goes, and return the beginning of a character at its end."""
    cut = len(block)
    for back in range(1, min(4, len(block)) + 1):
        byte = block[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            cut = len(block) - back
            break
    offsets = np.array([0, cut], dtype=np.int32)
    pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(offsets), pa.py_buffer(block)]).validate(full=True)
    return block[cut:]


def _head(path: Path, encoding: str) -> str:
    with path.open("rb") as stream:
        return codecs.getincrementaldecoder(encoding)("strict").decode(stream.read(HEAD))


def _records(text: str, delimiter: str) -> list[tuple[list[str], int]]:
    """Return the first records of a text, each with the number of lines read so far."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found = []
    try:
        for row in itertools.islice(reader, MOST_TITLES + 30):
            found.append((row, reader.line_num))
    except csv.Error:
        pass
    return found


def _delimiter(text: str, columns: Sequence[Column] | None) -> str:
    best, chosen = -1.0, ","
    for one in DELIMITERS:
        rows = [r for r, _line in _records(text, one)]
        if not rows:
            continue
        widths = [len(r) for r in rows]
        usual = max(set(widths), key=widths.count)
        score = (usual - 1) * widths.count(usual) / len(widths)
        if columns:
            score += 10.0 * len(match(rows[header_row(rows, columns)], columns).places)
        if score > best:
            best, chosen = score, one
    return chosen


def open_csv(path: Path, columns: Sequence[Column] | None) -> Opened:
    """Open a CSV; raises FileRefused for what is no table, or only half of one."""
    facts = look(path)
    if facts.odd_quotes:
        _strict(path, facts.encoding)
    text = _head(path, facts.encoding)
    delimiter = _delimiter(text, columns)
    records = _records(text, delimiter)
    if not records:
        raise FileRefused(reason="empty")
    place = header_row([r for r, _line in records], columns)
    header, lines = records[place]
    while header and not header[-1].strip():
        header = header[:-1]
    width = len(records[place][0])
    opened = Opened(headers=[h.strip().lstrip("\ufeff") for h in header], batches=iter(()))
    opened.facts = {
        "form": "csv", "encoding": facts.encoding, "delimiter": delimiter, "header_row": place + 1, "titles": [" ".join(c for c in r if c)[:200] for r, _l in records[:place]],
        "size": facts.size,
    }  # fmt: skip
    opened.batches = _batches(path, facts, delimiter, width, skip=lines, shift=place + 1 - lines, opened=opened)
    return opened


def _strict(path: Path, encoding: str) -> None:
    """Refuse a file whose last quote is never closed; it was cut off."""
    with path.open(encoding=encoding, newline="") as stream:
        try:
            for _row in csv.reader(stream, strict=True):
                pass
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise FileRefused(reason="cut_quote") from error


def _batches(path: Path, facts: Look, delimiter: str, width: int, *, skip: int, shift: int, opened: Opened) -> Iterator[pa.Table]:
    skipped: list[int] = []

    def ragged(row: Any) -> str:
        number = int(row.number) + shift
        skipped.append(number)
        if len(opened.ragged) < MOST_RAGGED:
            opened.ragged.append(BadRow(number=number, wanted=row.expected_columns, found=row.actual_columns, text=row.text[:2000]))
        return "skip"

    if delimiter == "，":  # no single byte: the general reader does it
        yield from _slow(path, facts, delimiter, width, skip=skip, shift=shift, opened=opened)
        return
    names = [f"c{n}" for n in range(width)]
    number = skip + shift + 1
    reader = None
    try:
        reader = arrow_csv.open_csv(
            path, read_options=arrow_csv.ReadOptions(
                column_names=names, skip_rows=skip, encoding="utf8" if facts.encoding.startswith("utf-8") else facts.encoding, block_size=BLOCK // 2, use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=facts.has_long_cells, ignore_empty_lines=False, invalid_row_handler=ragged
            ),
            convert_options=arrow_csv.ConvertOptions(column_types={n: pa.string() for n in names}, strings_can_be_null=False, check_utf8=False),
            memory_pool=pa.system_memory_pool(),  # it keeps what was freed: chunk after chunk in the same pages
        )  # fmt: skip
        used = 0
        for batch in reader:
            if batch.num_rows == 0:
                continue
            array = pa.array(np.arange(number, number + batch.num_rows, dtype=np.int64))
            if used < len(skipped):
                array, used = _shifted(number, batch.num_rows, skipped, used)
            number = array[-1].as_py() + 1
            yield pa.Table.from_batches([batch]).append_column("_row", array)
    except StopIteration:
        return
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise FileRefused(reason="broken", facts={"said": str(error)[:200]}) from error
    finally:
        if reader is not None:
            reader.close()
    if opened.ragged and not facts.ends_whole and opened.ragged[-1].number >= number and opened.ragged[-1].found < opened.ragged[-1].wanted:
        raise FileRefused(reason="cut_row", facts={"row": opened.ragged[-1].number})


def _shifted(start: int, count: int, skipped: list[int], used: int) -> tuple[pa.Array, int]:
    """Return the numbers of `count` rows from `start` on, leaving out those that were skipped."""
    numbers, number = [], start
    for _each in range(count):
        while used < len(skipped) and skipped[used] == number:
            used += 1
            number += 1
        numbers.append(number)
        number += 1
    return pa.array(numbers, pa.int64()), used


def _slow(path: Path, facts: Look, delimiter: str, width: int, *, skip: int, shift: int, opened: Opened) -> Iterator[pa.Table]:
    from yiwang.apps.datahub.lake.reading.opened import table

    with path.open(encoding=facts.encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        for number, row in enumerate(reader, 1):
            if number <= skip + shift:
                continue
            if len(row) not in (0, width):
                opened.ragged.append(BadRow(number=number, wanted=width, found=len(row), text=delimiter.join(row)[:2000]))
                continue
            rows.append(list(row))
            numbers.append(number)
            if len(rows) >= 20_000:
                yield table(rows, numbers, width)
                rows, numbers = [], []
        if rows:
            yield table(rows, numbers, width)


Reader = Callable[[Path, Sequence[Column] | None], Opened]
