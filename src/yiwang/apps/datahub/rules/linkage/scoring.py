"""Pairs with their weights: the model asked of every pair that blocking found (打分)."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from splink import Linker
from splink.backends.duckdb import DuckDBAPI

from yiwang.apps.datahub.rules.linkage.mapping import Options
from yiwang.apps.datahub.rules.linkage.model import Model, settings


def odds(share: float) -> float:
    """Return the bits of a probability."""
    share = min(1 - 1e-12, max(1e-12, share))
    return math.log2(share / (1 - share))


def probability(bits: float) -> float:
    """Return the probability of odds in bits."""
    return 1 / (1 + 2.0 ** -max(-60.0, min(60.0, bits)))


def score(con: Any, model: Model, options: Options, *, pairs: str, into: str, least: float = -60.0) -> None:
    """Fill the table `into` (l, r, bits, and for each comparison its level and bits) from the pairs of a table (l, r).

    Bits are those of the evidence alone, without the prior. Pairs with fewer than `least` are left out.
    """
    written = settings(model.comparisons, 0.5, shares=True, term_frequencies=options.on("term_frequencies"), details=True)
    con.execute(f"CREATE OR REPLACE TABLE to_score AS SELECT '0' AS match_key, l AS join_key_l, r AS join_key_r FROM {pairs}")
    api = DuckDBAPI(connection=con)
    linker = Linker(api.register("person"), written, log_level=logging.ERROR)
    linker.table_management.register_blocked_pairs_for_predict(api.register("to_score"))
    found = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
    shown = []
    for one in model.comparisons:
        tf = f" + coalesce(mw_tf_adj_{one.name}, 0)" if any(v.tf for v in one.levels) and options.on("term_frequencies") else ""
        shown.append(f"gamma_{one.name}::TINYINT AS at_{one.name}, (mw_{one.name}{tf})::FLOAT AS bits_{one.name}")
    con.execute(
        f"CREATE OR REPLACE TABLE {into} AS SELECT rid_l AS l, rid_r AS r, match_weight::DOUBLE AS bits, {', '.join(shown)} FROM {found.physical_name}"
    )
    found.drop_table_from_database_and_remove_from_cache()
    con.execute("DROP TABLE to_score")


def settle_prior(con: Any, model: Model, rows: int, *, scored: str, cross_share: float = 1.0) -> Model:
    """Return the model with the share of matches that its own scores add up to (a fixed point of expectation and count)."""
    total = max(1.0, rows * (rows - 1) / 2 * cross_share)
    prior = model.prior
    for _ in range(12):
        matches = con.execute(f"SELECT coalesce(sum(1 / (1 + power(2, -least(60, greatest(-60, bits + {odds(prior)}))))), 0) FROM {scored}").fetchall()[0][0]
        following = min(0.3, max(0.2 * rows / total / 10, matches / total, 1e-12))
        if abs(math.log2(following / prior)) < 0.02:
            break
        prior = following
    return replace(model, prior=prior)


def level_code(model: Model, comparison: str, at: int) -> str:
    """Return the word for a level by the number that Splink gives it: the last has 0, nothing to compare has -1."""
    levels: Mapping[str, Any] = {c.name: c.levels for c in model.comparisons}
    found = levels[comparison]
    return "absent" if at < 0 else str(found[len(found) - 1 - at].code)
