"""What the weights alone get wrong (护栏): numbers shared by two people, two numbers, twins, father and son of one name.

The weights of a model add up as if its columns were independent; in a household they are not. Each rule names the pairs it is
about; they are shown to a person where the rest speaks for a match, and are never joined by themselves.
"""

from __future__ import annotations

from typing import Any

from yiwang.apps.datahub.rules.linkage.mapping import Options
from yiwang.apps.datahub.rules.linkage.model import Model
from yiwang.apps.datahub.rules.linkage.preparing import Prepared

SAME_NUMBER = "same_number"  # one valid number: one person
SHARED_NUMBER = "shared_number"  # one valid number, two people who are clearly not the same
TWO_NUMBERS = "two_numbers"  # two valid numbers that differ: two people, or one whose number was taken down wrongly
TWINS = "twins"  # born the same day, of one family name, with other given names
GENERATIONS = "generations"  # one name, births far apart
RULES = (SAME_NUMBER, SHARED_NUMBER, TWO_NUMBERS, TWINS, GENERATIONS)
NEVER_JOINED = (SHARED_NUMBER, TWO_NUMBERS)
SURE_BITS, AGAINST_BITS = 20.0, -4.0
GENERATION_YEARS = 12
NAMES_ARE_RELIABLE = 0.06  # share of matches with another given name below which such a pair is rather two people
BIRTHS_ARE_RELIABLE = 0.04  # the same of births

_BOTH = "l.birth IS NOT NULL AND r.birth IS NOT NULL"
_FAR_BIRTHS = f"({_BOTH} AND damerau_levenshtein(l.birth, r.birth) > 2 AND left(l.birth, 4) <> left(r.birth, 4))"


def _names_differ(han: bool) -> str:
    least = 0.7 if han else 0.72
    return (
        f"(l.whole IS NOT NULL AND r.whole IS NOT NULL AND l.sound <> r.sound AND jaro_winkler_similarity(l.whole, r.whole) < {least} "
        "AND NOT starts_with(l.whole, r.whole) AND NOT starts_with(r.whole, l.whole) "
        f"AND jaro_winkler_similarity(list_aggregate(list_sort(string_split(l.whole, ' ')), 'string_agg', ' '), "
        f"list_aggregate(list_sort(string_split(r.whole, ' ')), 'string_agg', ' ')) < {least})"
    )


def rule_sql(prepared: Prepared, model: Model, options: Options) -> str:
    """Return the SQL of the rule that a pair (l and r, rows of `person`) falls under, '' for none."""
    cases = []
    names, births, sexes = prepared.has("whole"), prepared.has("birth"), prepared.has("sex")
    if prepared.has("identity_number"):
        equal = "l.identity_ok AND r.identity_ok AND l.identity_number = r.identity_number"
        if options.on("shared_number") and names:
            apart = [_names_differ(prepared.han)]
            if births:
                apart.append(f"({_FAR_BIRTHS} AND l.sound <> r.sound)")
                if sexes:
                    apart.append(f"({_FAR_BIRTHS} AND l.sex <> r.sex)")
            cases.append(f"WHEN {equal} AND coalesce({' OR '.join(apart)}, false) THEN '{SHARED_NUMBER}'")
        if options.on("same_number"):
            cases.append(f"WHEN {equal} THEN '{SAME_NUMBER}'")
        if options.on("two_numbers"):
            cases.append(f"WHEN l.identity_ok AND r.identity_ok AND l.identity_number <> r.identity_number THEN '{TWO_NUMBERS}'")
    if options.on("twins") and names and births and _other_names(model) < NAMES_ARE_RELIABLE:
        given = (
            "l.given IS NOT NULL AND r.given IS NOT NULL AND l.family = r.family AND jaro_winkler_similarity(l.given, r.given) < 0.8 "
            "AND NOT starts_with(l.given, r.given) AND NOT starts_with(r.given, l.given)"
        )
        if prepared.han:
            given = "l.family = r.family AND l.given <> r.given AND l.sound <> r.sound"
        surer = " ".join(f"AND NOT coalesce(l.{c} = r.{c}, false)" for c in ("email", "identity_number") if prepared.has(c))
        cases.append(f"WHEN l.birth = r.birth AND {given} {surer} THEN '{TWINS}'")
    if options.on("generations") and names and births and _other_births(model) < BIRTHS_ARE_RELIABLE:
        years = "abs(try_cast(left(l.birth, 4) AS INT) - try_cast(left(r.birth, 4) AS INT))"
        surer = " ".join(f"AND NOT coalesce(l.{c} = r.{c}, false)" for c in ("email", "identity_number") if prepared.has(c))
        cases.append(f"WHEN l.sound = r.sound AND {_BOTH} AND damerau_levenshtein(l.birth, r.birth) > 2 AND {years} >= {GENERATION_YEARS} {surer} THEN '{GENERATIONS}'")
    return f"CASE {' '.join(cases)} ELSE '' END" if cases else "''"


def _other_names(model: Model) -> float:
    for one in model.comparisons:
        if one.name in ("given", "name"):
            return one.levels[-1].m + (one.levels[-2].m if one.name == "name" else 0.0)
    return 0.0


def _other_births(model: Model) -> float:
    return next((one.levels[-1].m for one in model.comparisons if one.name == "birth"), 1.0)


def judge(con: Any, prepared: Prepared, model: Model, options: Options, *, scored: str, into: str, prior_bits: float) -> None:
    """Fill `into` (l, r, bits with prior, raw bits, rule) from a table of scores; a sure rule raises, a doubtful one lowers."""
    con.execute(
        f"""CREATE OR REPLACE TABLE {into} AS SELECT s.l, s.r, s.bits + {prior_bits} AS raw, {rule_sql(prepared, model, options)} AS rule,
            CASE rule WHEN '{SAME_NUMBER}' THEN greatest(raw, {SURE_BITS}) WHEN '' THEN raw ELSE least(raw, {AGAINST_BITS}) END AS bits
            FROM {scored} s JOIN person l ON l.rid = s.l JOIN person r ON r.rid = s.r"""
    )
