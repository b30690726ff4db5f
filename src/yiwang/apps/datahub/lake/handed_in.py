"""Files of anyone as tables of text: CSV in UTF-8 or a Chinese encoding, with comma, semicolon or tab; Parquet."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

SAMPLE_BYTES = 1 << 20


class HandedInError(ValueError):
    """A file that cannot be read as a table. `what` says why and what helps."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path, self.what = path, what


def read(path: Path) -> Any:
    """Return a file's rows as an Arrow table whose columns are all text; headers without the blanks around them.

    Raises
    ------
    HandedInError
        It is not there, empty, in an encoding that cannot be told, of uneven rows, or names a column twice.
    """
    if not path.is_file():
        raise HandedInError(path, "is not there.")
    if path.stat().st_size == 0:
        raise HandedInError(path, "is empty.")
    with path.open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    table = _parquet(path) if is_parquet else _csv(path)
    names = [str(name).strip() for name in table.column_names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise HandedInError(path, f"names a column twice: {', '.join(twice)}.")
    if table.num_rows == 0:
        raise HandedInError(path, "has a header and no rows.")
    return table.rename_columns(names)


def _parquet(path: Path) -> Any:
    try:
        table = parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise HandedInError(path, f"is no whole Parquet file ({str(error).splitlines()[0]}).") from error
    columns = []
    for column in table.columns:
        try:
            columns.append(column.cast(pa.string()))
        except pa.ArrowException:
            columns.append(pa.chunked_array([[None if v is None else str(v) for v in column.to_pylist()]], pa.string()))
    return pa.table(dict(zip(table.column_names, columns, strict=True))) if len(set(table.column_names)) == table.num_columns else table


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(4)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        if start.startswith(b"PK\x03\x04"):
            raise HandedInError(path, "is a workbook or an archive. Save the sheet as CSV (UTF-8) and hand that in.")
        stream.seek(0)
        for encoding in ("utf-8", "gb18030"):
            stream.seek(0)
            if _decodes(stream, encoding):
                return encoding
    raise HandedInError(path, "is neither UTF-8 nor GB 18030 (GBK). Save it as CSV UTF-8.")


def _decodes(stream: Any, encoding: str) -> bool:
    import codecs

    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := stream.read(SAMPLE_BYTES):
            if b"\0" in chunk:
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _csv(path: Path) -> Any:
    encoding = _encoding(path)
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as stream:
        first = stream.readline()
    delimiter = max((",", "\t", ";", "|"), key=first.count)
    header = next(csv.reader(io.StringIO(first), delimiter=delimiter), [])
    names = [name.strip() for name in header]
    if not any(names):
        raise HandedInError(path, "has no header in its first line.")
    places = [f"c{n}" for n in range(len(names))]
    bad: list[Any] = []

    def uneven(row: Any) -> str:
        bad.append(row)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(encoding="utf8" if encoding == "utf-8" else encoding, column_names=places, skip_rows=1, block_size=16 << 20),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=uneven),
            convert_options=arrow_csv.ConvertOptions(column_types={p: pa.string() for p in places}, strings_can_be_null=True, null_values=[""]),
        )
    except pa.ArrowInvalid as error:
        raise HandedInError(path, f"cannot be read as CSV ({str(error).splitlines()[0]}).") from error
    if bad:
        raise HandedInError(path, f"has {len(bad):,} rows with another number of cells than the header's {len(names)}; the first begins: {bad[0].text[:60]!r}.")
    return table.rename_columns(names)
