"""The end of a landing: duplicates in the delivery and against what is there, and which files are the present rows then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from yiwang.apps.datahub.lake import parts
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.landing.sql import named, row_hash, text

if TYPE_CHECKING:
    from yiwang.apps.datahub.lake.landing import Landed

TOLD = 1000  # duplicates that are told one by one
MOST_FILES = 200  # of a data set's present rows: more are made one


@dataclass(frozen=True, kw_only=True)
class Base:
    """What is present before: files by the name that runs use, their paths, and the content hash of the run before (replace)."""

    files: tuple[tuple[str, Path], ...] = ()
    content_hash: str = ""
    rows: int = 0


def _files(paths: list[Path]) -> str:
    return "read_parquet([" + ", ".join(text(str(p)) for p in paths) + "], union_by_name = true)"


def finish(con: Any, contract: Contract, folder: Path, made: Landed, base: Base, *, run: str, landing: str) -> None:
    """Fill in the counts and the present files of `made`; part files lose the rows that do not count."""
    keeps_last = landing == "upsert"
    _unique(con, contract, made, keeps_last=keeps_last)
    _within(con, contract, folder, made, keeps_last=keeps_last)
    total, digest = con.execute("SELECT count(*), coalesce(sum(h::HUGEINT), 0) FROM hashes").fetchone()
    made.content_hash = f"{total}:{digest}"
    kept: list[str] = [name for name, _path in base.files] if landing != "replace" else []
    if landing == "replace":
        made.is_repeated = bool(base.content_hash) and base.content_hash == made.content_hash and not made.refused
        if made.is_repeated:
            made.duplicate, made.present, made.rows_present = made.duplicate + total, [name for name, _path in base.files], base.rows
            return
    elif base.files:
        kept = _against(con, contract, folder, made, base, run=run, landing=landing)
    _give_texts(con, contract, folder, made)
    _clear(con, folder)
    made.accepted = con.execute("SELECT count(*) FROM hashes").fetchone()[0]
    made.is_repeated = made.accepted == 0 and made.duplicate > 0 and not made.refused
    new = [f"run-{run}/{p.name}" for p in sorted(folder.glob("part-*.parquet"))] if made.accepted else []
    made.present = [*kept, *new]
    if len(made.present) > MOST_FILES:
        made.present = _compacted(con, folder, made.present, base, run=run)
    made.rows_present = _rows(con, folder, made.present, base, run=run)
    made.bytes = sum(_place(name, folder, base, run).stat().st_size for name in made.present)


def _place(name: str, folder: Path, base: Base, run: str) -> Path:
    return folder / name.partition("/")[2] if name.startswith(f"run-{run}/") else dict(base.files)[name]


def _rows(con: Any, folder: Path, names: list[str], base: Base, *, run: str) -> int:
    paths = [_place(name, folder, base, run) for name in names]
    return int(con.execute(f"SELECT count(*) FROM {_files(paths)}").fetchone()[0]) if paths else 0


def _compacted(con: Any, folder: Path, names: list[str], base: Base, *, run: str) -> list[str]:
    target = folder / "whole.parquet"
    paths = [_place(name, folder, base, run) for name in names]
    con.execute(f"COPY (SELECT * FROM {_files(paths)}) TO {text(str(target))} (FORMAT parquet, COMPRESSION snappy)")
    for path in folder.glob("part-*.parquet"):
        path.unlink()
    for path in folder.glob("kept-*.parquet"):
        path.unlink()
    return [f"run-{run}/{target.name}"]


def _unique(con: Any, contract: Contract, made: Landed, *, keeps_last: bool) -> None:
    """Refuse rows whose value of a unique column another row has already."""
    from yiwang.apps.datahub.lake.landing import Refused

    names = [c.name for c in contract.columns if c.unique and tuple(contract.key) != (c.name,)]
    for number, name in enumerate(names):
        if not _twice(con, f"u{number}"):
            continue
        rows = con.execute(
            f"SELECT _row FROM (SELECT _row, row_number() OVER (PARTITION BY u{number} ORDER BY _row) AS n FROM hashes WHERE u{number} IN"
            " (SELECT k FROM twice)) WHERE n > 1 ORDER BY 1 LIMIT 50000"
        ).fetchall()
        if rows:
            made.refused.extend(Refused(number=r[0], reasons=((name, "not_unique"),), texts={}) for r in rows)
            con.execute(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT unnest({[r[0] for r in rows]!r}::BIGINT[]) AS _row")
            _forget(con)
    made.refused.sort(key=lambda r: r.number)


def _twice(con: Any, column: str) -> bool:
    """Make the table `twice` (k) of the hashes that stand more than once in a column; False for none. Sorting costs a tenth of grouping here."""
    found = con.execute(f"SELECT {column} FROM hashes WHERE {column} IS NOT NULL").fetchnumpy()[column]
    values = np.asarray(found)
    values.sort()
    more = np.unique(values[1:][values[1:] == values[:-1]])
    if not len(more):
        return False
    con.register("more", pa.table({"k": pa.array(more, pa.uint64())}))
    con.execute("CREATE OR REPLACE TEMP TABLE twice AS SELECT k FROM more")
    con.unregister("more")
    return True


def _forget(con: Any) -> None:
    """Take the rows of `gone` out of the hashes and remember from which part files they go."""
    con.execute("CREATE TEMP TABLE IF NOT EXISTS out (_row BIGINT, part INTEGER)")
    con.execute("INSERT INTO out SELECT _row, part FROM hashes WHERE _row IN (SELECT _row FROM gone)")
    con.execute("DELETE FROM hashes WHERE _row IN (SELECT _row FROM gone)")
    con.execute("DROP TABLE gone")


def _within(con: Any, contract: Contract, folder: Path, made: Landed, *, keeps_last: bool) -> None:
    """Find rows with the key of another row of the delivery: the first stays (of an upsert the last)."""
    direction = "DESC" if keeps_last else "ASC"
    if not _twice(con, "k"):
        return
    con.execute(
        "CREATE OR REPLACE TEMP TABLE gone AS SELECT _row, kept, h <> kept_h AS differs FROM (SELECT _row, h,"
        f" first_value(_row) OVER w AS kept, first_value(h) OVER w AS kept_h, row_number() OVER w AS n FROM hashes WHERE k IN (SELECT k FROM twice)"
        f" WINDOW w AS (PARTITION BY k ORDER BY _row {direction})) WHERE n > 1"
    )
    count, differ = con.execute("SELECT count(*), count(*) FILTER (differs) FROM gone").fetchone()
    made.duplicate += count
    made.report["duplicates_differ"] = differ
    told = con.execute(f"SELECT _row, kept, differs FROM gone ORDER BY differs DESC, _row LIMIT {TOLD}").fetchall()
    made.duplicates.extend({"number": n, "of": of, "differs": differs} for n, of, differs in told)
    _forget(con)


def _against(con: Any, contract: Contract, folder: Path, made: Landed, base: Base, *, run: str, landing: str) -> list[str]:
    """Compare with what is present: rows that are there already are duplicates; of an upsert changed rows replace the old ones."""
    from yiwang.apps.datahub.lake.landing import Refused

    names = [c.name for c in contract.columns]
    key = list(contract.key) or names
    paths = [path for _name, path in base.files]
    there = {r[0] for r in con.execute(f"DESCRIBE SELECT * FROM {_files(paths)}").fetchall()}
    if not set(key) <= there:  # an older version of the contract without these columns: nothing can be the same
        return [name for name, _path in base.files]
    shown = ", ".join(named(n) if n in there else f"NULL AS {named(n)}" for n in names)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE met AS SELECT n._row, n.h, o.h AS old_h, o.filename AS file FROM hashes n JOIN (SELECT"
        f" {row_hash(key)} AS k, {row_hash(names)} AS h, filename FROM (SELECT {shown}, filename FROM read_parquet([{', '.join(text(str(p)) for p in paths)}],"
        " union_by_name = true, filename = true)) o0) o ON o.k = n.k"
    )
    same = con.execute("SELECT count(DISTINCT _row) FROM met WHERE h = old_h").fetchone()[0]
    if same:
        made.duplicate += same
        told = con.execute(f"SELECT DISTINCT _row FROM met WHERE h = old_h ORDER BY 1 LIMIT {TOLD}").fetchall()
        made.duplicates.extend({"number": n[0], "of": None, "differs": False} for n in told)
        made.report["there_already"] = same
        con.execute("CREATE OR REPLACE TEMP TABLE gone AS SELECT DISTINCT _row FROM met WHERE h = old_h")
        _forget(con)
        con.execute("DELETE FROM met WHERE h = old_h OR _row IN (SELECT _row FROM met WHERE h = old_h)")
    changed = con.execute("SELECT count(DISTINCT _row) FROM met").fetchone()[0]
    kept = [name for name, _path in base.files]
    if not changed:
        return kept
    if landing == "append":
        rows = con.execute("SELECT DISTINCT _row FROM met ORDER BY 1 LIMIT 50000").fetchall()
        made.refused.extend(Refused(number=r[0], reasons=((key[0], "key_taken"),), texts={}) for r in rows)
        made.refused.sort(key=lambda r: r.number)
        con.execute("CREATE OR REPLACE TEMP TABLE gone AS SELECT DISTINCT _row FROM met")
        _forget(con)
        return kept
    made.replaced = changed
    touched = {r[0] for r in con.execute("SELECT DISTINCT file FROM met").fetchall()}
    con.execute("CREATE OR REPLACE TEMP TABLE newer AS SELECT DISTINCT n.k FROM hashes n WHERE n._row IN (SELECT _row FROM met)")
    result = []
    for number, (name, path) in enumerate(base.files, 1):
        if str(path) not in touched:
            result.append(name)
            continue
        target = folder / f"kept-{number:05}.parquet"
        con.execute(
            f"COPY (SELECT * FROM read_parquet({text(str(path))}) WHERE {row_hash(key)} NOT IN (SELECT k FROM newer)) TO {text(str(target))} (FORMAT parquet, COMPRESSION snappy)"
        )
        result.append(f"run-{run}/{target.name}")
    return result


def _give_texts(con: Any, contract: Contract, folder: Path, made: Landed) -> None:
    """Give rows that were found bad here, as values, the texts that the bureau needs to correct them."""
    from dataclasses import replace

    wanted = [n for n, row in enumerate(made.refused) if not row.texts and row.reasons and row.reasons[0][0]]
    if not wanted:
        return
    names = [c.name for c in contract.columns]
    rows = con.execute(
        f"SELECT _row, {', '.join(named(n) + '::VARCHAR' for n in names)} FROM {_files(sorted(folder.glob('part-*.parquet')))}"
        f" WHERE _row IN (SELECT unnest({[made.refused[n].number for n in wanted]!r}::BIGINT[]))"
    ).fetchall()
    texts = {row[0]: {name: value for name, value in zip(names, row[1:], strict=True) if value is not None} for row in rows}
    for n in wanted:
        made.refused[n] = replace(made.refused[n], texts=texts.get(made.refused[n].number, {}))


def _clear(con: Any, folder: Path) -> None:
    """Write those part files anew that hold rows which do not count."""
    if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'out'").fetchone()[0]:
        return
    for part, numbers in con.execute("SELECT part, list(_row) FROM out GROUP BY 1 ORDER BY 1").fetchall():
        parts.without(folder / f"part-{part:05}.parquet", pa.array(numbers, pa.int64()))
