"""One table of standardised records out of what was handed in: a row a record, a column a thing that can be compared.

Each column's distinct values are standardised once in Python and joined back, so that a million records cost what their
distinct values cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from yiwang.apps.datahub.rules import identifiers
from yiwang.apps.datahub.rules.linkage import standardise as std
from yiwang.apps.datahub.rules.linkage.mapping import Columns

PLAIN = {
    "place": std.words, "address": std.words, "postcode": std.postcode, "phone": std.phone, "email": std.email,
    "occupation": std.words, "other": std.words,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A comparable column: its kind, its name in the table, share of rows that hold it, number of distinct values."""

    kind: str
    name: str
    filled: float
    distinct: int


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What the table `person` holds. `han`: names are Chinese for the most part."""

    rows: int
    sources: tuple[str, ...]
    features: tuple[Feature, ...]
    han: bool

    def has(self, name: str) -> bool:
        """Whether a feature is there and says something."""
        return any(f.name == name for f in self.features)


def quoted(column: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + column.replace('"', '""') + '"'


def prepare(con: Any, tables: Mapping[str, Any], columns: Columns) -> Prepared:
    """Fill the table `person` from the tables handed in (Arrow tables by source name)."""
    wanted = columns.names()
    parts = []
    for number, (source, table) in enumerate(tables.items()):
        con.register(f"given_{number}", table)
        chosen = ", ".join(f"CAST({quoted(c)} AS VARCHAR) AS {quoted(c)}" for c in wanted)
        own = f"CAST({quoted(columns['source'][0])} AS VARCHAR)" if columns["source"] else f"'{source.replace(chr(39), chr(39) * 2)}'"
        parts.append(f"SELECT {own} AS source_name, {chosen} FROM given_{number}")
    con.execute(
        f"CREATE OR REPLACE TABLE raw AS SELECT row_number() OVER () AS rid, * FROM ({' UNION ALL '.join(parts)})"
    )
    for number in range(len(tables)):
        con.unregister(f"given_{number}")
    found = [str(r[0]) for r in con.execute("SELECT coalesce(source_name, '') FROM raw GROUP BY 1 ORDER BY 1").fetchall()]
    joins: list[str] = []
    selected: list[str] = [f"raw.rid AS rid, CAST(raw.{quoted(columns.id)} AS VARCHAR) AS id, list_position($sources, coalesce(raw.source_name, '')) - 1 AS source"]
    _names(con, columns, selected, joins)
    if columns["birth_date"]:
        told = _first(columns["birth_date"])
        first = std.day_first(v for (v,) in con.execute(f"SELECT {told} FROM raw USING SAMPLE 20000 ROWS").fetchall())
        _one(con, "birth", told, lambda v: std.birth(v, days_first=first), selected, joins, is_sql=True)
    if columns["sex"]:
        _one(con, "sex", _first(columns["sex"]), lambda v: identifiers.sex_word(v) or std.fold(v), selected, joins, is_sql=True)
    for kind, standard in PLAIN.items():
        names = columns[kind]
        if kind == "address" and len(names) > 1:
            together = "concat_ws(' ', " + ", ".join(f"raw.{quoted(n)}" for n in names) + ")"
            _one(con, "address", together, standard, selected, joins, is_sql=True)
            continue
        for n, name in enumerate(names):
            _one(con, kind + (str(n + 1) if n else ""), name, standard, selected, joins)
    if columns["identity_number"]:
        _identity(con, _first(columns["identity_number"]), selected, joins)
    con.execute(f"CREATE OR REPLACE TABLE person AS SELECT {', '.join(selected)} FROM raw {' '.join(joins)}", {"sources": found})
    con.execute("DROP TABLE raw")
    _from_identity(con, columns)
    return _described(con, found, columns)


def _map(con: Any, table: str, key: str, rows: Sequence[Any], made: Mapping[str, list[Any]]) -> None:
    con.register("mapped", pa.table({key: pa.array(rows, pa.string()), **{k: pa.array(v) for k, v in made.items()}}))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM mapped")
    con.unregister("mapped")


def _one(
    con: Any, feature: str, column: str, standard: Callable[[Any], str], selected: list[str], joins: list[str], *, is_sql: bool = False
) -> None:
    expression = column if is_sql else f"raw.{quoted(column)}"
    rows = [r[0] for r in con.execute(f"SELECT DISTINCT {expression} AS v FROM raw WHERE v IS NOT NULL").fetchall()]
    made: dict[str, list[Any]] = {"s": [standard(v) or None for v in rows]}
    types = [pa.string()]
    if feature == "address":
        made["t"] = [std.tokens(v) if v else None for v in made["s"]]
        types.append(pa.list_(pa.string()))
    _map(con, f"m_{feature}", "v", rows, {k: pa.array(v, t) for (k, v), t in zip(made.items(), types, strict=True)})
    joins.append(f"LEFT JOIN m_{feature} ON m_{feature}.v = {expression}")
    selected.append(f"m_{feature}.s AS {feature}")
    if feature == "address":
        selected.append("m_address.t AS address_tokens")


def _names(con: Any, columns: Columns, selected: list[str], joins: list[str]) -> None:
    given = _joined(columns["given_name"])
    family, full = _joined(columns["family_name"]), _first(columns["full_name"])
    if (given, family, full) == ("NULL", "NULL", "NULL"):
        return
    key = f"concat_ws(chr(31), coalesce({given}, ''), coalesce({family}, ''), coalesce({full}, ''))"
    rows = [r[0] for r in con.execute(f"SELECT DISTINCT {key} FROM raw").fetchall()]
    split = [std.names(*row.split("\x1f")) for row in rows]
    _map(con, "m_name", "v", rows, {
        "given": pa.array([g or None for g, _f, _w in split], pa.string()), "family": pa.array([f or None for _g, f, _w in split], pa.string()),
        "whole": pa.array([w or None for _g, _f, w in split], pa.string()), "signs": pa.array(["".join(sorted(w)) or None for _g, _f, w in split], pa.string()),
        "sound": pa.array([std.sound(w) or None for _g, _f, w in split], pa.string()),
    })  # fmt: skip
    joins.append(f"LEFT JOIN m_name ON m_name.v = {key}")
    selected.append("m_name.given AS given, m_name.family AS family, m_name.whole AS whole, m_name.signs AS signs, m_name.sound AS sound")


def _joined(names: Sequence[str]) -> str:
    if not names:
        return "NULL"
    return f"raw.{quoted(names[0])}" if len(names) == 1 else "concat_ws(' ', " + ", ".join(f"raw.{quoted(n)}" for n in names) + ")"


def _first(names: Sequence[str]) -> str:
    """Return the SQL of the first of these columns that says anything."""
    if not names:
        return "NULL"
    return f"raw.{quoted(names[0])}" if len(names) == 1 else "coalesce(" + ", ".join(f"nullif(trim(raw.{quoted(n)}), '')" for n in names) + ")"


def _identity(con: Any, column: str, selected: list[str], joins: list[str]) -> None:
    rows = [r[0] for r in con.execute(f"SELECT DISTINCT {column} AS v FROM raw WHERE v IS NOT NULL").fetchall()]
    read = [std.identity(v) for v in rows]
    _map(con, "m_identity", "v", rows, {
        "s": pa.array([n or None for n, *_ in read], pa.string()), "ok": pa.array([ok for _n, ok, *_ in read], pa.bool_()),
        "b": pa.array([b or None for *_, b, _s in read], pa.string()), "x": pa.array([x or None for *_, x in read], pa.string()),
    })  # fmt: skip
    joins.append(f"LEFT JOIN m_identity ON m_identity.v = {column}")
    selected.append("m_identity.s AS identity_number, coalesce(m_identity.ok, false) AS identity_ok, m_identity.b AS identity_birth, m_identity.x AS identity_sex")


def _from_identity(con: Any, columns: Columns) -> None:
    """Fill births and sexes that are not told from valid numbers that tell them."""
    if not columns["identity_number"]:
        con.execute("ALTER TABLE person ADD COLUMN identity_ok BOOLEAN DEFAULT false")
        return
    told = con.execute("SELECT avg(identity_ok::INT) FROM person WHERE identity_number IS NOT NULL").fetchall()[0][0] or 0
    for feature, kind in (("birth", "birth_date"), ("sex", "sex")):
        if not columns[kind] and told < 0.5:
            continue
        if not columns[kind]:
            con.execute(f"ALTER TABLE person ADD COLUMN {feature} VARCHAR")
        con.execute(f"UPDATE person SET {feature} = identity_{feature} WHERE {feature} IS NULL AND identity_ok")


def _described(con: Any, sources: list[str], columns: Columns) -> Prepared:
    present = [r[0] for r in con.execute("DESCRIBE person").fetchall()]
    rows = con.execute("SELECT count(*) FROM person").fetchall()[0][0]
    kinds = {"given": "given_name", "family": "family_name", "whole": "full_name", "birth": "birth_date", "sex": "sex", "identity_number": "identity_number"}
    features = []
    for name in present:
        kind = kinds.get(name) or next((k for k in PLAIN if name.rstrip("0123456789") == k), "")
        if not kind:
            continue
        filled, distinct = con.execute(f"SELECT count({name}), approx_count_distinct({name}) FROM person").fetchall()[0]
        if filled:
            features.append(Feature(kind=kind, name=name, filled=filled / max(1, rows), distinct=distinct))
    han = False
    if "whole" in present:
        seen = [w for (w,) in con.execute("SELECT whole FROM person WHERE whole IS NOT NULL LIMIT 2000").fetchall()]
        han = sum(std.is_han(w) for w in seen) > len(seen) / 2
    return Prepared(rows=rows, sources=tuple(sources), features=tuple(features), han=han)
