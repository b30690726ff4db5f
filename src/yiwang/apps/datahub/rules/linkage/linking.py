"""The whole of a linkage (记录关联): standardise, block, learn, score, guard, cluster, explain."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np

from yiwang.apps.datahub.rules.linkage import blocking, clusters, guards, model, preparing, scoring
from yiwang.apps.datahub.rules.linkage.linked import Linked, Pairs, Told
from yiwang.apps.datahub.rules.linkage.mapping import Columns, MappingError, Options, missing

LEAST_MEAN_BITS = -1.0  # groups are joined while their pairs say on the mean no worse than this
CLIP_BITS = 8.0
ABSENT_BITS = -6.0
MOST_TOGETHER = 250  # a component larger than this is looked at with stronger links only
CLEAN_SHARE = 0.01  # a source with fewer records that look double holds each person once


@dataclass(frozen=True, kw_only=True)
class _State:
    con: Any
    prepared: preparing.Prepared
    options: Options
    say: Callable[[str], None]


def link(
    tables: Mapping[str, Any], columns: Columns, options: Options | None = None, *, say: Callable[[str], None] | None = None
) -> Linked:
    """Find the records of one person.

    Parameters
    ----------
    tables
        Arrow tables by the name of their source; every value is read as text.
    columns
        Which column says what (`mapping.columns`).
    options
        The product's own when not given.
    say
        Called with a line for each step.

    Raises
    ------
    MappingError
        A column that a table lacks, a table without rows, an id that is missing or stands twice in its source.
    """
    options, say = options or Options(), say or (lambda _line: None)
    began = time.perf_counter()
    for source, table in tables.items():
        for name in missing(columns, table.column_names):
            raise MappingError(name, f"is no column of {source}; its columns are {', '.join(table.column_names)}")
        if table.num_rows == 0:
            raise MappingError(source, "has no rows")
    if not tables:
        raise MappingError("files", "are missing")
    with tempfile.TemporaryDirectory(prefix="linkage-") as spill:
        con = duckdb.connect(config={
            "threads": options.threads, "memory_limit": f"{options.memory_mb}MB", "temp_directory": spill, "preserve_insertion_order": False,
            "autoinstall_known_extensions": False, "autoload_known_extensions": False,
        })  # fmt: skip
        try:
            prepared = preparing.prepare(con, tables, columns)
            _check_ids(con, columns)
            say(f"{prepared.rows:,} records of {len(prepared.sources)} sources standardised")
            return _run(_State(con=con, prepared=prepared, options=options, say=say), began)
        finally:
            con.close()


def _check_ids(con: Any, columns: Columns) -> None:
    lacking = con.execute("SELECT count(*) FROM person WHERE id IS NULL OR trim(id) = ''").fetchall()[0][0]
    if lacking:
        raise MappingError(columns.id, f"is empty in {lacking:,} rows")
    twice = con.execute("SELECT id FROM person GROUP BY source, id HAVING count(*) > 1 ORDER BY id LIMIT 3").fetchall()
    if twice:
        raise MappingError(columns.id, f"does not number the records: {', '.join(str(t[0]) for t in twice)} stand more than once")


def _run(state: _State, began: float) -> Linked:
    con, prepared, options = state.con, state.prepared, state.options
    if prepared.rows < model.FEW:  # among a few records every value looks common
        options = replace(options, rules={**options.rules, "term_frequencies": False})
        state = replace(state, options=options)
    several = len(prepared.sources) > 1
    across = several and options.mode == "link"
    rules = blocking.block(con, prepared, options, across=across)
    found = sum(r.pairs for r in rules)
    state.say(f"{found:,} pairs to look at by {len(rules)} rules")
    learned = model.train(con, prepared, options)
    state.say("weights learned" if learned.trained else "too little to learn from; weights as shipped")
    if not learned.comparisons or not found:
        return _finished(state, learned, rules, np.arange(prepared.rows), began, scored=False, one_to_one=False)
    scoring.score(con, learned, options, pairs="pair", into="scored", least=-scoring.odds(learned.prior) - 14)
    con.execute("DROP TABLE pair")
    if prepared.has("identity_number"):  # one number with two people: however little else they share, it has to be seen
        con.execute(
            """CREATE OR REPLACE TABLE numbered_pair AS SELECT l.rid AS l, r.rid AS r FROM person l JOIN person r
               ON l.identity_number = r.identity_number AND l.rid < r.rid AND l.identity_ok AND r.identity_ok
               JOIN (SELECT identity_number FROM person WHERE identity_ok GROUP BY 1 HAVING count(*) BETWEEN 2 AND 50) few ON few.identity_number = l.identity_number
               ANTI JOIN scored s ON s.l = l.rid AND s.r = r.rid"""
        )
        if con.execute("SELECT count(*) FROM numbered_pair").fetchall()[0][0]:
            scoring.score(con, learned, options, pairs="numbered_pair", into="unlike", least=-1e9)
            con.execute("INSERT INTO scored BY NAME SELECT * FROM unlike")
    learned = scoring.settle_prior(con, learned, prepared.rows, scored="scored")
    prior_bits = scoring.odds(learned.prior)
    guards.judge(con, prepared, learned, options, scored="scored", into="judged", prior_bits=prior_bits)
    state.say(f"{con.execute('SELECT count(*) FROM judged WHERE bits > 0').fetchall()[0][0]:,} pairs speak for one person")
    clean = _clean_sources(state, across) if several and options.one_to_one is not False and options.mode != "dedupe" else set()
    labels = _cluster(state, learned, prior_bits, clean)
    state.say(f"{len(np.unique(labels)):,} persons")
    return _finished(state, learned, rules, labels, began, scored=True, one_to_one=bool(clean))


def _clean_sources(state: _State, across: bool) -> set[int]:
    """Return the sources that hold each person once: declared so, or by what their own records look like."""
    everyone = set(range(len(state.prepared.sources)))
    if across or state.options.one_to_one:
        return everyone
    sizes = dict(state.con.execute("SELECT source, count(*) FROM person GROUP BY source").fetchall())
    double = dict(state.con.execute(
        """SELECT a.source, count(DISTINCT j.r) FROM judged j JOIN person a ON a.rid = j.l JOIN person b ON b.rid = j.r
           WHERE a.source = b.source AND j.bits > 3 GROUP BY a.source"""
    ).fetchall())  # fmt: skip
    clean = {s for s in everyone if double.get(s, 0) <= CLEAN_SHARE * sizes[s]}
    return clean if clean == everyone else set()


def _components(count: int, left: np.ndarray, right: np.ndarray, bits: np.ndarray, least: float) -> np.ndarray:
    """Return components; those that are too large are taken apart by asking for stronger links within them."""
    keep = bits >= least
    labels = clusters.components(count, left[keep], right[keep])
    for step in range(1, 9):
        sizes = np.bincount(labels)
        if sizes.max(initial=0) <= MOST_TOGETHER:
            return labels
        large = sizes[labels] > MOST_TOGETHER
        keep &= ~large[left] | (bits >= least + 2.5 * step)
        labels = clusters.components(count, left[keep], right[keep])
    sizes = np.bincount(labels)
    large = sizes[labels] > MOST_TOGETHER
    if large.any():  # thousands of equal records: parts of bearable size, the rest is for a person to see
        order = np.argsort(labels, kind="stable")
        rank = np.empty(count, dtype=np.int64)
        starts = np.concatenate(([0], np.cumsum(np.bincount(labels))[:-1]))
        rank[order] = np.arange(count) - np.repeat(starts, np.bincount(labels))
        labels = np.unique(np.stack([labels, np.where(large, rank // MOST_TOGETHER, 0)]), axis=1, return_inverse=True)[1].reshape(-1)
    return labels


def _cluster(state: _State, learned: model.Model, prior_bits: float, clean: set[int]) -> np.ndarray:
    con, options, count = state.con, state.options, state.prepared.rows
    edges = con.execute("SELECT l - 1 AS l, r - 1 AS r, bits FROM judged WHERE bits > -8").fetchnumpy()
    joined = scoring.odds(options.match)
    if not options.on("average_linkage"):
        keep = edges["bits"] >= joined
        return clusters.components(count, edges["l"][keep], edges["r"][keep])
    labels = _components(count, edges["l"], edges["r"], edges["bits"], joined)
    con.register("labelled", _arrow({"rid": np.arange(1, count + 1), "c": labels}))
    con.execute(
        """CREATE OR REPLACE TABLE within AS WITH many AS (SELECT rid, c, count(*) OVER (PARTITION BY c) AS n FROM labelled)
           SELECT a.rid AS l, b.rid AS r FROM many a JOIN many b ON a.c = b.c AND a.rid < b.rid AND a.n > 2
           ANTI JOIN judged j ON j.l = a.rid AND j.r = b.rid"""
    )
    con.unregister("labelled")
    if con.execute("SELECT count(*) FROM within").fetchall()[0][0]:
        scoring.score(con, learned, options, pairs="within", into="inner_scored", least=-1e9)
        guards.judge(con, state.prepared, learned, options, scored="inner_scored", into="inner_judged", prior_bits=prior_bits)
        con.execute("INSERT INTO judged SELECT * FROM inner_judged")
        con.execute("INSERT INTO scored BY NAME SELECT * FROM inner_scored")
    pairs = con.execute("SELECT l - 1 AS l, r - 1 AS r, bits, rule FROM judged").fetchnumpy()
    same = labels[pairs["l"]] == labels[pairs["r"]]
    return _agglomerate(state, labels, pairs["l"][same], pairs["r"][same], pairs["bits"][same], np.asarray(pairs["rule"])[same], clean)


def _agglomerate(
    state: _State, labels: np.ndarray, left: np.ndarray, right: np.ndarray, bits: np.ndarray, rule: np.ndarray, clean: set[int]
) -> np.ndarray:
    options, count = state.options, len(labels)
    sizes = np.bincount(labels)
    wanted = sizes * (sizes - 1) // 2
    component = labels[left]
    agreeing = np.bincount(component, weights=bits >= scoring.odds(options.match), minlength=len(sizes))
    numbers, sources = _numbers(state), _sources(state, clean)
    doubtful = (sizes > 1) & (agreeing < wanted)
    doubtful |= sizes > options.most_in_cluster
    if clean:
        seen = np.unique(np.stack([labels, sources]), axis=1)[0]
        doubtful |= np.bincount(seen, minlength=len(sizes)) < sizes
    order = np.argsort(component, kind="stable")
    starts = np.searchsorted(component[order], np.arange(len(sizes) + 1))
    by_label = np.argsort(labels, kind="stable")
    member_starts = np.searchsorted(labels[by_label], np.arange(len(sizes) + 1))
    made = labels.copy()
    following = len(sizes)
    for c in np.flatnonzero(doubtful):
        members = by_label[member_starts[c] : member_starts[c + 1]].tolist()
        rows = order[starts[c] : starts[c + 1]]
        pairs = {(int(a), int(b)): float(v) for a, b, v in zip(left[rows], right[rows], bits[rows], strict=True)}
        never = frozenset((int(left[i]), int(right[i])) for i in rows if rule[i] in guards.NEVER_JOINED)
        groups = clusters.average_linkage(
            members, pairs, absent=ABSENT_BITS, least=LEAST_MEAN_BITS, most=options.most_in_cluster, forbidden=never, clip=CLIP_BITS,
            numbers={m: numbers[m] for m in members if m in numbers} if options.on("two_numbers") and not _is_shared(rule[rows]) else None,
            sources={m: int(sources[m]) for m in members} if clean else None,
        )  # fmt: skip
        for group in groups:
            made[group] = following
            following += 1
    assert len(made) == count
    return made


def _is_shared(rules: np.ndarray) -> bool:
    return bool(np.any(rules == guards.SHARED_NUMBER))


def _numbers(state: _State) -> dict[int, str]:
    if not state.prepared.has("identity_number"):
        return {}
    rows = state.con.execute("SELECT rid - 1, identity_number FROM person WHERE identity_ok").fetchall()
    return {int(rid): str(number) for rid, number in rows}


def _sources(state: _State, clean: set[int]) -> np.ndarray:
    found = state.con.execute("SELECT source FROM person ORDER BY rid").fetchnumpy()["source"]
    return np.asarray(found, dtype=np.int64)


def _arrow(columns: Mapping[str, np.ndarray]) -> Any:
    import pyarrow as pa

    return pa.table({name: pa.array(values) for name, values in columns.items()})


def _finished(
    state: _State, learned: model.Model, rules: tuple[blocking.Rule, ...], labels: np.ndarray, began: float, *, scored: bool, one_to_one: bool
) -> Linked:
    con, prepared, options = state.con, state.prepared, state.options
    _values, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first)] = np.arange(1, len(first) + 1)
    numbered = order[inverse.reshape(-1)]
    rows = con.execute("SELECT source, id FROM person ORDER BY rid").fetchnumpy()
    sources = [prepared.sources[int(s)] for s in rows["source"]]
    ids = [str(i) for i in rows["id"]]
    pairs = Pairs.none()
    told: tuple[Told, ...] = ()
    if scored:
        con.register("numbered", _arrow({"rid": np.arange(1, prepared.rows + 1), "c": numbered}))
        pairs = Pairs.read(con, learned, review_bits=scoring.odds(options.review))
        told = tuple(
            Told(rule=str(rule), left=(sources[left - 1], ids[left - 1]), right=(sources[right - 1], ids[right - 1]))
            for left, right, rule in con.execute(
                f"SELECT l, r, rule FROM judged WHERE rule IN ('{guards.SHARED_NUMBER}', '{guards.TWO_NUMBERS}') AND (rule = '{guards.SHARED_NUMBER}' OR raw > 0) ORDER BY l, r LIMIT 1000"
            ).fetchall()
        )
        con.unregister("numbered")
    return Linked(
        sources=tuple(sources), ids=tuple(ids), labels=tuple(int(n) for n in numbered), pairs=pairs, told=told, rules=rules, model=learned,
        one_to_one=one_to_one, seconds=time.perf_counter() - began,
    )  # fmt: skip
