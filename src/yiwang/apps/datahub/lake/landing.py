"""Landing one delivery: texts in, Parquet of the contract's types out, and word of every row that is not in it.

Works by chunks of some hundred thousand rows. DuckDB converts each with SQL made from the contract: rows whose texts all have the usual form by
the quick lane (rules.landing.quick), all others by the careful one (rules.landing.sql), which alone decides what is bad. Good rows go to part
files, bad ones are explained, hashes of keys are kept for the duplicates.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from yiwang.apps.datahub.errors import FileRefused
from yiwang.apps.datahub.lake import finishing, parts
from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.lake.reading import Opened
from yiwang.apps.datahub.lake.store import told
from yiwang.apps.datahub.lake.traits import traits_of
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.landing import leftovers, sql
from yiwang.apps.datahub.rules.landing.headers import Matching, match
from yiwang.apps.datahub.rules.landing.quick import quick

CHUNK = 200_000
QUICK_ROWS = 20_000  # for fewer one SQL and one file are better than two
CAREFUL_ROWS = 100_000  # so many are gathered for the careful lane, whose SQL is dear to plan
MOST_CAREFUL = 0.6  # of a chunk: the quick lane does not pay any more
MOST_REFUSED = 50_000  # more bad rows than this: it is not the agreed table, and nobody corrects them by hand
CHANGED = 0.5  # of a column's texts that are not of its type: its type has changed
Codes = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A row that does not keep the contract: its number in the file, (column, reason) each, and its texts by column."""

    number: int
    reasons: tuple[tuple[str, str], ...]
    texts: dict[str, str]


@dataclass(kw_only=True)
class Landed:
    """What came of a delivery: counts that add up, word of what has changed, and the files (names in the work folder)."""

    matching: Matching
    rows_in: int = 0
    accepted: int = 0
    duplicate: int = 0
    replaced: int = 0
    refused: list[Refused] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)  # the first of them: number, of, differs
    present: list[str] = field(default_factory=list)
    content_hash: str = ""
    rows_present: int = 0
    bytes: int = 0
    report: dict[str, Any] = field(default_factory=dict)
    is_repeated: bool = False


def _chunks(batches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Gather batches into chunks, one of them read ahead by a thread: parsing and converting go on side by side."""
    ready: queue.Queue[Any] = queue.Queue(maxsize=1)
    stop = threading.Event()

    def put(what: Any) -> bool:
        while not stop.is_set():
            try:
                ready.put(what, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def read() -> None:
        held: list[pa.Table] = []
        rows = 0
        try:
            for batch in batches:
                held.append(batch)
                rows += batch.num_rows
                if rows >= CHUNK:
                    if not put(pa.concat_tables(held)):
                        return
                    held, rows = [], 0
            if held:
                put(pa.concat_tables(held))
            put(None)
        except BaseException as error:  # carried over to the thread that lands
            put(error)

    reader = threading.Thread(target=read, name="lake-reader", daemon=True)
    reader.start()
    try:
        while True:
            found = ready.get()
            if found is None:
                return
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        stop.set()
        reader.join(timeout=30)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a delivery is understood as before it is landed: its first rows, value and reason by column."""

    matching: Matching
    rows: list[dict[str, Any]]
    facts: dict[str, Any]
    bad: int = 0
    seen: int = 0


def look(contract: Contract, opened: Opened, *, codes: Codes, most: int = 100) -> Look:
    """Understand the first rows of what was opened; raises FileRefused for a broken file, not for missing columns."""
    matching = match(opened.headers, contract.columns)
    rows: list[dict[str, Any]] = []
    bad = seen = 0
    if matching.places:
        with told(), connect(threads=1) as con:
            con.execute("SET preserve_insertion_order = true")
            state = _State(contract, matching, codes, Path(), "", con, Landed(matching=matching), MOST_REFUSED)
            state.prepare()
            first = next(opened.batches, None)
            if first is not None:
                con.register("chunk", first.slice(0, 5000))
                judged = sql.judged(contract, matching.places, codes, source="chunk")
                bad, seen = con.execute(f"SELECT count(*) FILTER (NOT _ok AND NOT _blank), count(*) FILTER (NOT _blank) FROM ({judged})").fetchone()
                shown = ", ".join(f"{sql.named(n)}::VARCHAR" for n in state.names)
                values = {r[0]: r[1:] for r in con.execute(f"SELECT _row, {shown} FROM ({judged}) WHERE NOT _blank ORDER BY NOT _ok DESC, _row LIMIT {most}").fetchall()}
                con.register("few", first.slice(0, 5000).filter(pc.is_in(first.slice(0, 5000)["_row"], pa.array(list(values), pa.int64()))))
                for number, texts, why in con.execute(sql.reasons(contract, matching.places, codes, source="few") + " ORDER BY _row").fetchall():
                    kind = leftovers.kind_of(texts, state.headers) if any(why) else ""
                    rows.append({"number": number, "texts": texts, "values": values[number], "why": why, "aside": kind})
        bad -= sum(1 for row in rows if row["aside"])
    return Look(matching=matching, rows=rows, facts=dict(opened.facts), bad=max(bad, 0), seen=seen)


def land(
    contract: Contract, opened: Opened, folder: Path, *, run: str, codes: Codes, base: finishing.Base, landing: str = "", most_refused: int = MOST_REFUSED,
) -> Landed:  # fmt: skip
    """Land what was opened into a work folder; `base` is what is present now.

    Raises
    ------
    FileRefused
        A required column is missing, too many rows are bad, or the file turns out broken. Nothing counts.
    LakeFull, LakeBusy
    """
    matching = match(opened.headers, contract.columns)
    if matching.missing_required or not matching.places:
        raise FileRefused(reason="missing_columns", facts={"columns": list(matching.missing_required or matching.missing), **matching.as_dict()})
    made = Landed(matching=matching)
    with told(), connect() as con:
        state = _State(contract, matching, codes, folder, run, con, made, most_refused)
        state.prepare()
        for chunk in _chunks(opened.batches):
            state.take(chunk)
        state.finish()
        if len(opened.ragged) > most_refused:
            raise FileRefused(reason="too_many", facts={"n": len(opened.ragged)})
        for bad in opened.ragged:
            made.refused.append(Refused(number=bad.number, reasons=(("", f"cells:{bad.found}:{bad.wanted}"),), texts={"": bad.text}))
        made.refused.sort(key=lambda r: r.number)
        finishing.finish(con, contract, folder, made, base, run=run, landing=landing or contract.landing)
    made.report |= {"drift": matching.as_dict(), "file": {**opened.facts}, **state.told()}
    made.rows_in = made.accepted + made.duplicate + len(made.refused)
    return made


class _State:
    """The landing of one delivery as it goes on."""

    def __init__(self, contract: Contract, matching: Matching, codes: Codes, folder: Path, run: str, con: Any, made: Landed, most_refused: int) -> None:
        self.contract, self.places, self.codes, self.folder, self.run, self.con, self.made = contract, matching.places, codes, folder, run, con, made
        self.most_refused = most_refused
        self.names = [c.name for c in contract.columns]
        self.headers = [c.label or c.name for c in contract.columns]
        self.parts = 0
        self.set_aside: Counter[str] = Counter()
        self.aside_rows: list[dict[str, Any]] = []
        self.formulas: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.seen = 0
        self.quick_pays = True
        self.waiting: list[pa.Table] = []
        self.waiting_rows = 0
        unique = [c.name for c in contract.columns if c.unique and tuple(contract.key) != (c.name,)]
        self.hashes = {"_k": sql.row_hash(list(contract.key) or self.names), "_h": sql.row_hash(self.names)} | {
            f"_u{n}": f"CASE WHEN {sql.named(name)} IS NULL THEN NULL ELSE {sql.row_hash([name])} END" for n, name in enumerate(unique)
        }

    def prepare(self) -> None:
        for name, table in sql.code_tables(self.contract, self.codes).items():
            self.con.execute(f"CREATE TEMP TABLE {table} (given VARCHAR, code VARCHAR)")
            rows = sql.code_rows(self.codes[name])
            if rows:
                self.con.register("given_codes", pa.table({"given": [g for g, _c in rows], "code": [c for _g, c in rows]}))
                self.con.execute(f"INSERT INTO {table} SELECT given, code FROM given_codes")
                self.con.unregister("given_codes")
        extra = "".join(f", {name[1:]} UBIGINT" for name in self.hashes if name.startswith("_u"))
        self.con.execute(f"CREATE TEMP TABLE hashes (k UBIGINT, h UBIGINT, _row BIGINT, part INTEGER{extra})")

    def take(self, chunk: pa.Table) -> None:
        """Convert one chunk: write what is sure, put the rest aside for the careful lane."""
        self.seen += chunk.num_rows
        if self.quick_pays and chunk.num_rows >= QUICK_ROWS:
            traits, formulas = self._traits(chunk)
            self.con.register("chunk", chunk)
            made = self.con.sql(quick(self.contract, self.places, self.codes, source="chunk", traits=traits, hashes=self.hashes)).to_arrow_table()
            self.con.unregister("chunk")
            sure = made.column("_sure")
            count = pc.sum(sure).as_py() or 0
            if count < made.num_rows:
                doubted = made.column("_row").filter(pc.invert(sure))
                made, chunk = made.filter(sure), chunk.filter(pc.is_in(chunk.column("_row"), doubted.combine_chunks()))
                self.quick_pays = chunk.num_rows <= MOST_CAREFUL * (chunk.num_rows + count)
            else:
                chunk = chunk.slice(0, 0)
            if count:
                self._keep(made.drop_columns(["_sure"]), formulas)
        if chunk.num_rows:
            self.waiting.append(chunk)
            self.waiting_rows += chunk.num_rows
        if self.waiting_rows >= CAREFUL_ROWS:
            self._carefully()

    def finish(self) -> None:
        """Convert what waits for the careful lane."""
        if self.waiting:
            self._carefully()

    def _traits(self, chunk: pa.Table) -> tuple[dict[str, sql.Traits], set[str]]:
        found = {c.name: traits_of(chunk.column(f"c{self.places[c.name]}"), c) for c in self.contract.columns if c.name in self.places}
        return {name: one for name, (one, _formula) in found.items()}, {name for name, (_one, formula) in found.items() if formula}

    def _carefully(self) -> None:
        """Convert and judge rows that are out of the ordinary, explain the bad ones."""
        con, chunk = self.con, pa.concat_tables(self.waiting)
        self.waiting, self.waiting_rows = [], 0
        traits, formulas = self._traits(chunk)
        con.register("chunk", chunk)
        con.execute("CREATE OR REPLACE TEMP TABLE rows AS " + sql.judged(self.contract, self.places, self.codes, source="chunk", traits=traits))
        counts = "count(*) FILTER (NOT _ok AND NOT _blank), count(*) FILTER (_blank), count(*) FILTER (_ok AND NOT _blank)"
        bad, blank, good = con.execute(f"SELECT {counts} FROM rows").fetchall()[0]
        self.set_aside["blank"] += blank
        self.seen -= blank
        if bad:
            self._explain(bad)
        if good:
            keep = ", ".join(sql.named(n) for n in self.names)
            hashes = "".join(f", {expression} AS {name}" for name, expression in self.hashes.items())
            self._keep(con.sql(f"SELECT {keep}, _row{hashes} FROM rows WHERE _ok AND NOT _blank").to_arrow_table(), formulas)
        con.execute("DROP TABLE rows")
        con.unregister("chunk")

    def _keep(self, made: pa.Table, formulas: set[str]) -> None:
        """Write good rows to a part file, and their hashes to the table of hashes."""
        con = self.con
        self.parts += 1
        con.register("made", made)
        con.execute(f"INSERT INTO hashes SELECT _k, _h, _row, {self.parts}{''.join(f', {name}' for name in self.hashes if name.startswith('_u'))} FROM made")
        self._formulas(formulas)
        con.unregister("made")
        made = made.drop_columns(list(self.hashes)).append_column("_run", pa.repeat(pa.scalar(self.run), made.num_rows))
        parts.write(made.select([*self.names, "_run", "_row"]), self.folder / f"part-{self.parts:05}.parquet")

    def _formulas(self, may: set[str]) -> None:
        wanted = [one for one in sql.formulas(self.contract) if one[0] in may]
        if not wanted:
            return
        counts = self.con.execute("SELECT " + ", ".join(f"count(*) FILTER ({condition})" for _name, condition in wanted) + " FROM made").fetchall()[0]
        for (name, _condition), count in zip(wanted, counts, strict=True):
            if count:
                self.formulas[name] += count

    def _explain(self, bad: int) -> None:
        if bad + len(self.made.refused) > self.most_refused:
            raise FileRefused(reason="too_many", facts={"n": bad + len(self.made.refused), "most": self._most_common()})
        self.con.execute("CREATE OR REPLACE TEMP TABLE bad AS SELECT * FROM chunk WHERE _row IN (SELECT _row FROM rows WHERE NOT _ok AND NOT _blank)")
        found = self.con.execute(sql.reasons(self.contract, self.places, self.codes, source="bad") + " ORDER BY _row").fetchall()
        for number, texts, why in found:
            kind = leftovers.kind_of(texts, self.headers)
            if kind and kind != "blank":
                self.set_aside[kind] += 1
                if len(self.aside_rows) < 20:
                    self.aside_rows.append({"number": number, "kind": kind})
                continue
            reasons = tuple((name, reason) for name, reason in zip(self.names, why, strict=True) if reason)
            for name, reason in reasons:
                if reason in ("type", "finite", "spoiled", "code"):
                    self.lost[name] += 1
            self.made.refused.append(Refused(number=number, reasons=reasons, texts={n: t for n, t in zip(self.names, texts, strict=True) if t is not None}))

    def _most_common(self) -> list[list[str]]:
        """Return the two most frequent faults of the chunk that is too bad."""
        self.con.execute("CREATE OR REPLACE TEMP TABLE bad AS SELECT * FROM chunk WHERE _row IN (SELECT _row FROM rows WHERE NOT _ok AND NOT _blank LIMIT 2000)")
        counted: Counter[tuple[str, str]] = Counter()
        for _number, _texts, why in self.con.execute(sql.reasons(self.contract, self.places, self.codes, source="bad")).fetchall():
            counted.update((n, r) for n, r in zip(self.names, why, strict=True) if r)
        return [[n, r] for (n, r), _count in counted.most_common(2)]

    def told(self) -> dict[str, Any]:
        """Return what is told of the delivery beside its counts."""
        whole = max(self.seen - sum(self.set_aside[k] for k in ("total", "note", "header")), 1)
        return {
            "aside": {k: v for k, v in self.set_aside.items() if v}, "aside_rows": self.aside_rows, "formulas": dict(self.formulas),
            "changed_types": sorted(n for n, count in self.lost.items() if count / whole >= CHANGED),
        }  # fmt: skip
