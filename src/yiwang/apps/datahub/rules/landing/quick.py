"""The quick lane of landing: SQL for the rows whose every text has the usual form, which are most of what is delivered.

A row is sure (`_sure`) where the careful conversion (`sql.judged`) would give the same values and find no fault. It says nothing of
other rows: those go the careful way. So only what is cheap for a whole column stands here, and nothing in it decides what is bad.
"""

from __future__ import annotations

from collections.abc import Mapping

from yiwang.apps.datahub.rules.contract import Column, Contract
from yiwang.apps.datahub.rules.landing.sql import (
    CAREFUL,
    ELEMENTS,
    FALSE,
    TRUE,
    Traits,
    code_tables,
    date_sql,
    element_fault,
    faults,
    few_codes,
    listed,
    named,
    number_fits,
    spoiled,
    sql_type,
    texts_of,
)

Codes = Mapping[str, Mapping[str, str]]


def quick(contract: Contract, places: Mapping[str, int], codes: Codes, *, source: str, traits: Mapping[str, Traits], hashes: Mapping[str, str]) -> str:
    """Return a SELECT over `source` (columns c0.. as texts, `_row`) that gives the values, `_row`, each of `hashes` by its name, and `_sure`."""
    tables = code_tables(contract, codes)
    texts, values, sure, joins = [], [], [], ""
    for number, column in enumerate(contract.columns):
        known, x, r = traits.get(column.name, CAREFUL), named(column.name), named("r_" + column.name)
        place = places.get(column.name)
        texts.append(f"{texts_of(column, f'c{place}', known) if place is not None else 'NULL::VARCHAR'} AS {r}")
        if column.kind == "code" and column.codes in tables:
            joins += f" LEFT JOIN {tables[column.codes]} j{number} ON j{number}.given = raw.{r}"
            values.append(f"j{number}.code AS {x}")
        else:
            values.append(f"{_value(column, r, codes)} AS {x}")
        if place is not None:
            sure += _sure(column, x, r, codes, known)
        elif column.required:
            sure.append("false")
    if not any(c.required for c in contract.columns):
        sure.append(f"coalesce({', '.join(named('r_' + c.name) for c in contract.columns)}) IS NOT NULL")
    keep = ", ".join(named(c.name) for c in contract.columns)
    told = "".join(f", {expression} AS {name}" for name, expression in hashes.items())
    return (
        f"WITH raw AS (SELECT {', '.join(texts)}, _row FROM {source}), made AS (SELECT raw.*, {', '.join(values)} FROM raw{joins})"
        f" SELECT {keep}, _row{told}, coalesce({' AND '.join(sure)}, false) AS _sure FROM made"
    )


def _value(column: Column, r: str, codes: Codes) -> str:
    if column.kind == "integer":
        return f"try_cast({r} AS BIGINT)"
    if column.kind in ("decimal", "datetime"):
        return f"try_cast({r} AS {sql_type(column)})"
    if column.kind == "date":
        return date_sql(r)
    if column.kind == "boolean":
        return f"CASE WHEN {r} IN ({listed(TRUE)}) THEN true WHEN {r} IN ({listed(FALSE)}) THEN false END"
    if column.kind == "code" and column.codes in codes:
        return few_codes(r, codes[column.codes])
    return r


def _sure(column: Column, x: str, r: str, codes: Codes, traits: Traits) -> list[str]:
    """Return what holds of a text that is converted rightly by `_value` and keeps the contract."""
    found: list[str] = []
    is_word = column.kind in ("string", "geometry") or (column.kind == "code" and column.codes not in codes)
    if column.required:
        found.append(f"{x} IS NOT NULL")
    elif not is_word:
        found.append(f"({x} IS NOT NULL OR {r} IS NULL)")
    if column.kind == "integer" and (traits.pointed or traits.exponent):
        found.append(f"coalesce({number_fits(r)}, true)")
    if is_word and column.kind != "geometry" and traits.exponent:
        found.append(f"NOT coalesce({spoiled(r)}, false)")
    reasons = dict(faults(column, codes, traits))
    if column.element in ELEMENTS:
        reasons[column.element] = element_fault(column.element, x, traits)
    if is_word and not traits.spaced and column.length is not None and column.length[0] <= -(-traits.shortest // 4) and traits.longest <= column.length[1]:
        reasons.pop("length", None)  # a character has one to four bytes
    if is_word and not traits.spaced and traits.fits:
        reasons.pop("pattern", None)
    for reason in (column.element, "year", "finite", "length", "range", "pattern"):
        if reason in reasons:
            found.append(f"NOT coalesce({reasons[reason]}, false)")
    if "decimals" in reasons:
        found.append(f"coalesce(NOT contains({r}, '.') OR strlen({r}) - instr({r}, '.') <= {column.decimals}, true)")
    return found
