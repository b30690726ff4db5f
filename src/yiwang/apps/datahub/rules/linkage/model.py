"""The weights of evidence (匹配权重): a Splink model made of the columns that are there, trained on the data itself.

Fellegi and Sunter, "A Theory for Record Linkage" (1969): each comparison falls into a level; a level's weight is log2(m/u), m its
share among pairs of one person, u among pairs of two. u is counted on random pairs, m by expectation maximisation; rare values weigh
more than common ones. Where there is too little to learn from, the shares below stand in, in proportion to what is missing.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from splink import Linker, block_on
from splink.backends.duckdb import DuckDBAPI

from yiwang.apps.datahub.rules.linkage.mapping import Options
from yiwang.apps.datahub.rules.linkage.preparing import Prepared

PRIOR_MATCHES = 30  # how many known matches the shares below count for
LEAST_M, MOST_M = 0.0005, 0.995
LEAST_U = 1e-7
FEW = 20  # records: nothing can be learned from fewer
RANDOM_PAIRS, TRAINING_PAIRS, MOST_SESSIONS = 600_000, 250_000, 3


@dataclass(frozen=True, kw_only=True)
class Level:
    """One outcome of a comparison. `code` is the word for it; `tf` the column whose rarity counts."""

    code: str
    sql: str
    m: float
    u: float
    tf: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How one kind of evidence is compared; the first level whose SQL holds is taken. `uses`: columns, for the training."""

    name: str
    kind: str
    null: str
    levels: tuple[Level, ...]
    uses: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Model:
    """Comparisons with their trained shares, and the share of all pairs that are matches."""

    comparisons: tuple[Comparison, ...]
    prior: float
    trained: Mapping[str, float] = field(default_factory=dict)  # comparison -> matches it was learned from


def _null(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _close(column: str, similarity: float, edits: int = 1, length: int = 4) -> str:
    return (
        f"jaro_winkler_similarity({column}_l, {column}_r) >= {similarity} OR "
        f"(least(length({column}_l), length({column}_r)) >= {length} AND damerau_levenshtein({column}_l, {column}_r) <= {edits})"
    )


CROSSED = "(given_l = family_r AND family_l = given_r)"
ELSEWHERE = (
    "((given_l = family_r AND (family_l IS NULL OR given_r IS NULL)) OR (family_l = given_r AND (given_l IS NULL OR family_r IS NULL)))"
)  # fmt: skip


def _western(rules: Options) -> list[Comparison]:
    swaps = rules.on("swapped_names")
    guard = f"NOT coalesce({CROSSED}, false) AND NOT coalesce({ELSEWHERE}, false)" if swaps else "true"
    crossed = (
        Level(code="names_swapped", sql=f"coalesce({CROSSED}, false)", m=0.02, u=1e-6),
        Level(code="name_in_other_column", sql=f"coalesce({ELSEWHERE}, false)", m=0.02, u=1e-4),
    )
    given = Comparison(name="given", kind="given_name", null=f"({_null('given')}) AND {guard}", uses=("given",), levels=(
        *(crossed if swaps else ()),
        Level(code="same", sql=_same("given"), m=0.72, u=0.005, tf="given"),
        Level(code="close", sql=_close("given", 0.93), m=0.12, u=0.004, tf="given"),
        Level(code="begins", sql="starts_with(given_l, given_r) OR starts_with(given_r, given_l)", m=0.03, u=0.003),
        Level(code="similar", sql="jaro_winkler_similarity(given_l, given_r) >= 0.8", m=0.03, u=0.01),
        Level(code="different", sql="ELSE", m=0.05, u=0.97),
    ))  # fmt: skip
    family = Comparison(name="family", kind="family_name", null=f"({_null('family')}) OR NOT ({guard})", uses=("family",), levels=(
        Level(code="same", sql=_same("family"), m=0.78, u=0.002, tf="family"),
        Level(code="close", sql=_close("family", 0.93), m=0.13, u=0.002, tf="family"),
        Level(code="similar", sql="jaro_winkler_similarity(family_l, family_r) >= 0.8 OR starts_with(family_l, family_r) OR starts_with(family_r, family_l)",
              m=0.03, u=0.01),
        Level(code="different", sql="ELSE", m=0.06, u=0.98),
    ))  # fmt: skip
    return [given, family]


def _chinese() -> Comparison:
    return Comparison(name="name", kind="full_name", null=_null("whole"), uses=("whole",), levels=(
        Level(code="same", sql=_same("whole"), m=0.85, u=0.0005, tf="whole"),
        Level(code="same_sound", sql="sound_l = sound_r", m=0.05, u=0.0005, tf="sound"),
        Level(code="same_signs", sql="signs_l = signs_r", m=0.005, u=0.00005),
        Level(code="one_sign", sql="least(length(whole_l), length(whole_r)) >= 3 AND (left(whole_l, 1) = left(whole_r, 1) OR right(whole_l, 1) = right(whole_r, 1)) AND levenshtein(whole_l, whole_r) <= 1", m=0.04, u=0.002),
        Level(code="close", sql="jaro_winkler_similarity(sound_l, sound_r) >= 0.93 OR (length(whole_l) > 4 AND jaro_winkler_similarity(whole_l, whole_r) >= 0.88)",
              m=0.03, u=0.003),
        Level(code="same_family", sql="family_l = family_r", m=0.015, u=0.04),
        Level(code="different", sql="ELSE", m=0.01, u=0.95),
    ))  # fmt: skip


def _birth() -> Comparison:
    y, m, d = ("left(birth_l,4) = left(birth_r,4)", "substr(birth_l,5,2) = substr(birth_r,5,2)", "right(birth_l,2) = right(birth_r,2)")
    return Comparison(name="birth", kind="birth_date", null=_null("birth"), uses=("birth",), levels=(
        Level(code="same", sql=_same("birth"), m=0.8, u=0.0003, tf="birth"),
        Level(code="day_month_swapped", sql=f"{y} AND substr(birth_l,5,2) = right(birth_r,2) AND right(birth_l,2) = substr(birth_r,5,2)", m=0.01, u=0.00003),
        Level(code="one_digit", sql="damerau_levenshtein(birth_l, birth_r) <= 1", m=0.09, u=0.002),
        Level(code="two_parts", sql=f"({y} AND {m}) OR ({y} AND {d}) OR ({m} AND {d})", m=0.05, u=0.006),
        Level(code="same_year", sql=f"{y} OR damerau_levenshtein(birth_l, birth_r) <= 2", m=0.03, u=0.05),
        Level(code="different", sql="ELSE", m=0.02, u=0.94),
    ))  # fmt: skip


def _of(kind: str, name: str) -> Comparison | None:
    shared = f"len(list_intersect({name}_tokens_l, {name}_tokens_r)) / greatest(1.0, least(len({name}_tokens_l), len({name}_tokens_r)))"
    same = Level(code="same", sql=_same(name), m=0.6, u=0.001, tf=name)
    # Two slips leave one third of a number as it was; the cheap question is asked before the dear one.
    third = f"greatest(2, length({name}_l) // 3)"
    near = f"(left({name}_l, {third}) = left({name}_r, {third}) OR right({name}_l, {third}) = right({name}_r, {third}) OR substr({name}_l, {third} + 1, {third}) = substr({name}_r, {third} + 1, {third}))"
    levels: dict[str, tuple[Level, ...]] = {
        "sex": (replace(same, m=0.95, u=0.5, tf=""), Level(code="different", sql="ELSE", m=0.05, u=0.5)),
        "place": (replace(same, m=0.7, u=0.02), Level(code="close", sql=_close(name, 0.92, 1, 5), m=0.12, u=0.005),
                  Level(code="part", sql=f"starts_with({name}_l, {name}_r) OR starts_with({name}_r, {name}_l) OR jaro_winkler_similarity({name}_l, {name}_r) >= 0.85", m=0.04, u=0.01),
                  Level(code="different", sql="ELSE", m=0.14, u=0.96)),
        "address": (same, Level(code="most_words", sql=f"{shared} >= 0.7 OR jaro_winkler_similarity(address_l, address_r) >= 0.95", m=0.2, u=0.0005),
                    Level(code="some_words", sql=f"{shared} >= 0.4 OR jaro_winkler_similarity(address_l, address_r) >= 0.85", m=0.1, u=0.01),
                    Level(code="different", sql="ELSE", m=0.1, u=0.98)),
        "postcode": (replace(same, m=0.7), Level(code="one_sign", sql=f"damerau_levenshtein({name}_l, {name}_r) <= 1", m=0.12, u=0.004),
                     Level(code="begins", sql=f"left({name}_l, 3) = left({name}_r, 3)", m=0.06, u=0.02),
                     Level(code="different", sql="ELSE", m=0.12, u=0.97)),
        "phone": (replace(same, m=0.65, u=0.00003), Level(code="one_sign", sql=f"{near} AND damerau_levenshtein({name}_l, {name}_r) <= 1", m=0.08, u=0.0001),
                  Level(code="ends", sql=f"right({name}_l, 7) = right({name}_r, 7)", m=0.02, u=0.00005),
                  Level(code="different", sql="ELSE", m=0.25, u=0.999)),
        "email": (replace(same, m=0.65, u=0.00005), Level(code="close", sql=f"jaro_winkler_similarity({name}_l, {name}_r) >= 0.96 OR damerau_levenshtein({name}_l, {name}_r) <= 2", m=0.15, u=0.0001),
                  Level(code="same_box", sql=f"split_part({name}_l, '@', 1) = split_part({name}_r, '@', 1)", m=0.03, u=0.0005),
                  Level(code="similar", sql=f"jaro_winkler_similarity({name}_l, {name}_r) >= 0.88", m=0.06, u=0.002),
                  Level(code="different", sql="ELSE", m=0.11, u=0.997)),
        "identity_number": (replace(same, m=0.85, u=0.00001), Level(code="one_sign", sql=f"{near} AND damerau_levenshtein({name}_l, {name}_r) <= 1", m=0.09, u=0.00002),
                            Level(code="two_signs", sql=f"length({name}_l) >= 6 AND {near} AND damerau_levenshtein({name}_l, {name}_r) <= 2", m=0.02, u=0.0003),
                            Level(code="different", sql="ELSE", m=0.04, u=0.999)),
        "occupation": (replace(same, m=0.75, u=0.05), Level(code="close", sql=f"jaro_winkler_similarity({name}_l, {name}_r) >= 0.88", m=0.05, u=0.02),
                       Level(code="different", sql="ELSE", m=0.2, u=0.93)),
        "other": (replace(same, m=0.75, u=0.02), Level(code="close", sql=_close(name, 0.92, 1, 5), m=0.1, u=0.01),
                  Level(code="different", sql="ELSE", m=0.15, u=0.97)),
    }  # fmt: skip
    if kind not in levels:
        return None
    return Comparison(name=name, kind=kind, null=_null(name), uses=(name,), levels=levels[kind])


def compose(prepared: Prepared, options: Options) -> tuple[Comparison, ...]:
    """Return the comparisons that these columns allow. A column with one value tells nothing and is left out, except among a few records."""
    made: list[Comparison] = []
    telling = {f.name for f in prepared.features if f.distinct > 1 or prepared.rows < FEW}
    if prepared.han and "whole" in telling:
        made.append(_chinese())
    elif telling & {"given", "family"}:
        made += _western(options)
    if "birth" in telling:
        made.append(_birth())
    for feature in prepared.features:
        if feature.name in telling and feature.kind not in ("given_name", "family_name", "full_name", "birth_date"):
            found = _of(feature.kind, feature.name)
            if found:
                made.append(found)
    return tuple(made)


def settings(comparisons: Sequence[Comparison], prior: float, *, shares: bool, term_frequencies: bool, details: bool) -> dict[str, Any]:
    """Return what Splink wants. `shares`: with m and u; without them it learns its own."""
    written = []
    for one in comparisons:
        levels: list[dict[str, Any]] = [{"sql_condition": one.null, "label_for_charts": "null", "is_null_level": True}]
        for level in one.levels:
            made: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.code}
            if shares:
                made |= {"m_probability": level.m, "u_probability": level.u}
            if level.tf and term_frequencies:
                made |= {"tf_adjustment_column": level.tf, "tf_adjustment_weight": 1.0 if level.code == "same" else 0.5, "tf_minimum_u_value": 1e-6}
            levels.append(made)
        written.append({"output_column_name": one.name, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only", "unique_id_column_name": "rid", "probability_two_random_records_match": prior, "comparisons": written,
        "blocking_rules_to_generate_predictions": ["l.rid = r.rid"], "retain_matching_columns": details,
        "retain_intermediate_calculation_columns": details, "additional_columns_to_retain": [], "max_iterations": 15, "em_convergence": 0.001,
    }  # fmt: skip


def train(con: Any, prepared: Prepared, options: Options) -> Model:
    """Learn the shares from the table `person`; keep to the ones above where that fails or was too little to learn from."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    comparisons = compose(prepared, options)
    prior = first_prior(con, prepared)
    if prepared.rows < FEW or not options.on("training"):
        return Model(comparisons=comparisons, prior=prior)
    api = DuckDBAPI(connection=con)
    linker = Linker(api.register("person"), settings(comparisons, prior, shares=True, term_frequencies=options.on("term_frequencies"), details=False), log_level=logging.ERROR)
    try:
        linker.training.estimate_u_using_random_sampling(max_pairs=min(RANDOM_PAIRS, 20.0 * prepared.rows + 200_000), seed=options.seed)
    except Exception:  # noqa: BLE001  too few pairs to count: the shares above stand in
        return Model(comparisons=comparisons, prior=prior)
    learned: dict[str, list[tuple[dict[str, float], float]]] = {}
    for columns in _sessions(con, prepared, comparisons):
        try:
            session = linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), max_pairs=TRAINING_PAIRS, estimate_without_term_frequencies=True, record_sample_proportion=1.0 if prepared.rows < 20_000 else 0.1
            )
        except Exception:  # noqa: BLE001, S112  a block without matches cannot teach; the others can
            continue
        weight = _matches_in(con, columns) * 0.5
        told = _read_m(session)
        for name, shares in told.items():
            learned.setdefault(name, []).append((shares, weight))
    u_of = _read_u(linker)
    done = tuple(_settled(one, u_of.get(one.name, {}), learned.get(one.name, [])) for one in comparisons)
    return Model(comparisons=done, prior=prior, trained={name: sum(w for _s, w in found) for name, found in learned.items()})


def first_prior(con: Any, prepared: Prepared) -> float:
    """Return a first guess of the share of matches among all pairs: one duplicate for every other record."""
    pairs = prepared.rows * (prepared.rows - 1) / 2
    return min(0.2, max(1e-12, 0.5 * prepared.rows / max(1.0, pairs)))


def _sessions(con: Any, prepared: Prepared, comparisons: Sequence[Comparison]) -> list[tuple[str, ...]]:
    """Return what to block on while learning: each says one thing, so that the others can be learned from it."""
    tried: list[tuple[str, ...]] = []
    names = ("whole",) if prepared.han else ("given", "family")
    candidates: list[tuple[str, ...]] = [names, ("birth",), ("postcode",), ("phone",), ("email",), ("identity_number",), ("address",)]
    used = {column for one in comparisons for column in one.uses}
    for columns in candidates:
        if all(c in used for c in columns) and _matches_in(con, columns) >= 10:
            tried.append(columns)
    return tried[:MOST_SESSIONS]


def _matches_in(con: Any, columns: Sequence[str]) -> float:
    """Return how many pairs share these columns, big groups counted as no more than a chain of their records."""
    named = ", ".join(columns)
    present = " AND ".join(f"{c} IS NOT NULL" for c in columns)
    return float(con.execute(f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM person WHERE {present} GROUP BY {named} HAVING count(*) > 1)").fetchall()[0][0])


def _read_m(session: Any) -> dict[str, dict[str, float]]:
    told: dict[str, dict[str, float]] = {}
    for one in session.core_model_settings.comparisons:
        shares = {}
        for level in one.comparison_levels:
            if not level.is_null_level:
                try:
                    shares[level.label_for_charts] = float(level.m_probability)
                except (TypeError, ValueError):
                    continue
        told[one.output_column_name] = shares
    return told


def _read_u(linker: Any) -> dict[str, dict[str, float]]:
    told: dict[str, dict[str, float]] = {}
    for one in linker.misc.save_model_to_json(out_path=None)["comparisons"]:
        told[one["output_column_name"]] = {
            level["label_for_charts"]: float(level["u_probability"]) for level in one["comparison_levels"] if level.get("u_probability") is not None
        }
    return told


def _settled(one: Comparison, u_of: Mapping[str, float], learned: Sequence[tuple[Mapping[str, float], float]]) -> Comparison:
    """Return a comparison whose shares are the learned ones, leaning on the given ones where little was seen."""
    levels = []
    for level in one.levels:
        seen = [(shares[level.code], weight) for shares, weight in learned if level.code in shares]
        weight = sum(w for _m, w in seen) + PRIOR_MATCHES
        m = (sum(m * w for m, w in seen) + level.m * PRIOR_MATCHES) / weight
        u = u_of.get(level.code, level.u)
        levels.append(replace(level, m=m, u=max(LEAST_U, min(0.9999, u))))
    total_m, total_u = sum(v.m for v in levels), sum(v.u for v in levels)
    levels = [replace(v, m=min(MOST_M, max(LEAST_M, v.m / total_m)), u=v.u / max(total_u, 1e-9)) for v in levels]
    # The last level is "different": it may speak against a match, never for one.
    last = levels[-1]
    if last.m > last.u:
        levels[-1] = replace(last, m=last.u)
    return replace(one, levels=tuple(levels))


def weight(level: Level) -> float:
    """Return a level's weight in bits."""
    return math.log2(level.m / level.u)
