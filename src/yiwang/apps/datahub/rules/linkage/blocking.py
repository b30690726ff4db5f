"""Which pairs are looked at (分块): keys made of what is there, each bounded, so that the pairs grow with the records and not with their square.

A record has, for each rule, one or more keys; two records that share one are a pair. A key that too many records share says
little and costs much: each rule takes only keys whose groups are small enough for its part of the pairs allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yiwang.apps.datahub.rules.linkage.mapping import Options
from yiwang.apps.datahub.rules.linkage.preparing import Prepared


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A blocking rule as it was used. `largest`: records that share a key at most; `left_out`: keys shared by more."""

    name: str
    pairs: int
    largest: int
    left_out: int


# What a rule's parts are in the table `person`; "word" stands for each word of the name by its sound, wherever it is written.
PARTS = {
    "whole": "whole", "sound": "sound", "word": "word", "birth": "birth", "year": "nullif(left(birth, 4), '0000')",
    "month_day": "nullif(right(birth, 4), '0000')", "month": "substr(birth, 5, 2)", "place": "place", "place2": "place2",
    "postcode": "postcode", "phone": "phone", "email": "email", "identity_number": "identity_number", "address": "address",
    "occupation": "occupation", "other": "other", "other2": "other2", "sex": "sex", "given3": "left(given, 3)", "family3": "left(family, 3)",
    "email_name": "nullif(split_part(email, '@', 1), '')", "phone_end": "right(phone, 7)", "house": "list_aggregate(address_tokens[:3], 'string_agg', ' ')",
    "street": "list_aggregate(address_tokens[2:4], 'string_agg', ' ')", "sorted": "list_aggregate(list_sort(string_split(whole, ' ')), 'string_agg', ' ')",
    "surname": "left(sound, 40)", "family": "family", "given": "given",
}  # fmt: skip
NEEDS = {
    "word": "whole", "sound": "whole", "year": "birth", "month_day": "birth", "month": "birth", "given3": "given", "family3": "family",
    "email_name": "email", "phone_end": "phone", "house": "address", "street": "address", "sorted": "whole",
}  # fmt: skip
# From the surest to the widest. Each takes what the ones before left of the pairs allowed.
RULES: tuple[tuple[str, ...], ...] = (
    ("identity_number",), ("email",), ("phone",), ("sound", "birth"), ("word", "birth"), ("word", "postcode"), ("sorted",), ("sound",), ("address",), ("birth", "postcode"),
    ("birth", "place"), ("birth",), ("word", "place"), ("word", "house"), ("email_name",), ("phone_end",), ("house",), ("word", "place2"), ("birth", "occupation"), ("word", "year"),
    ("postcode",), ("word", "month_day"), ("word", "occupation"), ("given3", "family3", "year"), ("given3", "family3", "place"), ("word", "other"), ("other",), ("street", "year"),
    ("given3", "family3"), ("birth", "other"), ("word",),
)  # fmt: skip

WIDE = ("word", "postcode", "birth", "address", "other", "house")  # say little by themselves
MOST_WIDE_PAIRS = 10  # a record


def _available(prepared: Prepared) -> list[tuple[str, ...]]:
    return [rule for rule in RULES if all(prepared.has(NEEDS.get(part, part)) for part in rule)]


def _key(rule: tuple[str, ...]) -> str:
    """Return the SQL of a rule's key: a hash, null when a part is not there."""
    parts = [PARTS[part] for part in rule]
    present = " AND ".join(f"{p} IS NOT NULL" for p in parts)
    return f"CASE WHEN {present} THEN hash({', '.join(parts)}) END"


def block(con: Any, prepared: Prepared, options: Options, *, across: bool = False) -> tuple[Rule, ...]:
    """Fill the table `pair` (l < r, record numbers) and return the rules used. `across`: pairs of two sources only."""
    con.execute("CREATE OR REPLACE TABLE pair (l BIGINT, r BIGINT)")
    rules = _available(prepared)
    if prepared.has("whole"):
        said = "string_split(sound, ' ')"
        # Of a Chinese name any two syllables, so that one wrong character still leaves a key.
        two = f"CASE WHEN len({said}) > 2 THEN [{said}[1] || {said}[2], {said}[1] || '-' || {said}[3], '-' || {said}[2] || {said}[3]] ELSE [sound] END"
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE worded AS SELECT *, unnest(list_distinct({two if prepared.han else said})) AS word FROM person WHERE sound IS NOT NULL"
        )
    budget = min(options.most_pairs, options.pairs_per_record * prepared.rows)
    used: list[Rule] = []
    for number, rule in enumerate(rules):
        left = budget - sum(r.pairs for r in used)
        if left <= 0:
            break
        share = max(left // max(2, (len(rules) - number)), left // 4)
        if len(rule) == 1 and rule[0] in WIDE:
            share = min(share, MOST_WIDE_PAIRS * prepared.rows)
        used.append(_one(con, rule, share, across=across))
    return tuple(used)


def _one(con: Any, rule: tuple[str, ...], share: int, *, across: bool) -> Rule:
    table = "worded" if "word" in rule else "person"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT DISTINCT rid, source, {_key(rule)} AS k FROM {table} WHERE {_key(rule)} IS NOT NULL"
    )
    con.execute("CREATE OR REPLACE TEMP TABLE sized AS SELECT k, count(*) AS n FROM keyed GROUP BY k HAVING count(*) > 1")
    sizes = con.execute("SELECT n, count(*) FROM sized GROUP BY n ORDER BY n").fetchall()
    total, largest, left_out = 0, 0, 0
    for n, groups in sizes:
        pairs = groups * n * (n - 1) // 2
        if left_out or (total + pairs > share and n > 3):
            left_out += groups
            continue
        total, largest = total + pairs, n
    other = "AND l.source <> r.source" if across else ""
    before = con.execute("SELECT count(*) FROM pair").fetchall()[0][0]
    con.execute(
        f"""INSERT INTO pair SELECT DISTINCT l.rid, r.rid FROM (SELECT keyed.* FROM keyed JOIN sized USING (k) WHERE n <= {largest}) l
            JOIN keyed r ON l.k = r.k AND l.rid < r.rid {other} WHERE NOT EXISTS (SELECT 1 FROM pair p WHERE p.l = l.rid AND p.r = r.rid)"""
    )
    after = con.execute("SELECT count(*) FROM pair").fetchall()[0][0]
    return Rule(name=" + ".join(rule), pairs=after - before, largest=largest, left_out=left_out)
