"""What a run's rows look like, as counts: how many, how many empty by column, how the values spread over bins.

Never a value of a person: columns that the contract calls personal are counted for emptiness alone.
"""

from __future__ import annotations

import codecs
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from yiwang.apps.datahub.lake.engine import connect, quoted
from yiwang.apps.datahub.lake.folders import root

HEAD = 256 << 10  # so much of a file says in which letters it is written
MOST_COLUMNS, BINS, MOST_WORDS = 60, 10, 20


def _source(paths: Sequence[Path]) -> str | None:
    listed = ", ".join("'" + str(p).replace("'", "''") + "'" for p in paths)
    endings = {p.suffix.lower() for p in paths}
    if endings <= {".csv", ".txt"}:
        return f"read_csv([{listed}], all_varchar = true, header = true, nullstr = '', union_by_name = true, ignore_errors = true)"
    if endings == {".parquet"}:
        return f"read_parquet([{listed}], union_by_name = true)"
    return None


def profile(paths: Sequence[Path], before: Mapping[str, Any], personal: Collection[str]) -> dict[str, Any]:
    """Return {"rows", "columns": {name: {"nulls", "bins", "counts"}}}; bins of the profile `before` are kept where they fit.

    Empty when the files are of a kind that is not read here (xlsx, JSON, another encoding).
    """
    with tempfile.TemporaryDirectory(prefix="profile-", dir=root()) as folder:
        paths = [_utf8(path, Path(folder) / f"{n}.csv") for n, path in enumerate(paths)]
        source = _source(paths) if paths else None
        if source is None:
            return {}
        try:
            with connect(reads=list(paths)) as con:
                return _profile(con, source, before, personal)
        except duckdb.Error:
            return {}


def _utf8(path: Path, copy: Path) -> Path:
    """Return a text in UTF-8: the file itself, or a copy of one that a bureau wrote in GB18030."""
    if path.suffix.lower() not in (".csv", ".txt"):
        return path
    with path.open("rb") as stream:
        head = codecs.getincrementaldecoder("utf-8")()
        try:
            head.decode(stream.read(HEAD))
            return path
        except UnicodeDecodeError:
            pass
    with path.open(encoding="gb18030", errors="replace", newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
        shutil.copyfileobj(text, out, 1 << 20)
    return copy


def _profile(con: Any, source: str, before: Mapping[str, Any], personal: Collection[str]) -> dict[str, Any]:
    names = [str(row[0]) for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()][:MOST_COLUMNS]
    wanted = ["count(*)"]
    for name in names:
        text = f"nullif(trim({quoted(name)}::VARCHAR), '')"
        wanted += [f"count({text})", f"count(try_cast({text} AS DOUBLE))", f"approx_count_distinct({text})"]
        wanted.append(f"approx_quantile(try_cast({text} AS DOUBLE), {[i / BINS for i in range(1, BINS)]})")
    got = con.execute(f"SELECT {', '.join(wanted)} FROM {source}").fetchone()
    rows = int(got[0])
    columns: dict[str, dict[str, Any]] = {}
    counted: list[tuple[str, Any, str]] = []
    for i, name in enumerate(names):
        filled, numbers, distinct, edges = got[1 + 4 * i : 5 + 4 * i]
        columns[name] = column = {"nulls": rows - int(filled)}
        bins: Any = (before.get("columns", {}).get(name) or {}).get("bins")
        if name in personal or not filled:
            continue
        if bins is None:
            if numbers >= 0.95 * filled and distinct > MOST_WORDS:
                bins = {"edges": sorted({float(e) for e in edges})}
            elif distinct <= MOST_WORDS:
                bins = {"words": _words(con, source, name)}
        if bins:
            column["bins"] = bins
            counted.append((name, bins, _bin_sql(name, bins)))
    for name, bins, sql in counted:
        size = len(bins["edges"]) + 1 if "edges" in bins else len(bins["words"]) + 1
        counts = [0] * size
        for at, number in con.execute(f"SELECT {sql} AS bin, count(*) FROM {source} GROUP BY 1").fetchall():
            if at is not None:
                counts[int(at)] += int(number)
        columns[name]["counts"] = counts
    return {"rows": rows, "columns": columns}


def _words(con: Any, source: str, name: str) -> list[str]:
    text = f"nullif(trim({quoted(name)}::VARCHAR), '')"
    found = con.execute(f"SELECT {text} AS word, count(*) AS n FROM {source} WHERE {text} IS NOT NULL GROUP BY 1 ORDER BY n DESC, word LIMIT {MOST_WORDS}")
    return [str(row[0])[:80] for row in found.fetchall()]


def _bin_sql(name: str, bins: Mapping[str, Any]) -> str:
    """Return the bin of a row: a number, or NULL for an empty cell; what fits nowhere is in the last bin."""
    text = f"nullif(trim({quoted(name)}::VARCHAR), '')"
    if "words" in bins:
        cases = " ".join(f"WHEN {text} = '{w.replace(chr(39), chr(39) * 2)}' THEN {i}" for i, w in enumerate(bins["words"]))
        return f"CASE WHEN {text} IS NULL THEN NULL {cases} ELSE {len(bins['words'])} END"
    number = f"try_cast({text} AS DOUBLE)"
    cases = " ".join(f"WHEN {number} <= {edge!r} THEN {i}" for i, edge in enumerate(bins["edges"]))
    return f"CASE WHEN {text} IS NULL THEN NULL {cases} ELSE {len(bins['edges'])} END"
