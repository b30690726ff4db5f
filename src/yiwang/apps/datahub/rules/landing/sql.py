"""From the contract of a data set to the SQL that converts and judges its rows in DuckDB.

Three layers, so that what costs is done where it must be: texts as they came (`r_x`), values (`x`), and whether the row
keeps the contract (`_ok`). The usual form of a value is tried first; dates in other forms, numbers with 千分位 or in full
width are tried only where the usual form failed (`coalesce` reads on only for those rows).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from yiwang.apps.datahub.rules.contract import Column, Contract

SPOILED = r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}"  # 3.30102E+17: what a spreadsheet leaves of a long number
NOTHING = ("-", "--", "—", "——", "/", "\\", "无", "空", "null", "NULL", "None", "N/A", "n/a", "#N/A", "nan", "NaN")
_WIDE, _HALF = "０１２３４５６７８９．－＋％", "0123456789.-+%"
_IDS = "０１２３４５６７８９ＸＡＢＣＤＥＦＧＨＪＫＬＭＮＰＱＲＴＵＷＹ"
_IDS_TO = "0123456789XABCDEFGHJKLMNPQRTUWY"
_DAYS = ("%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y年%m月%d号", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M")
_MOMENTS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%Y年%m月%d日", "%Y%m%d")
TRUE, FALSE = ("是", "有", "true", "t", "yes", "y", "1", "对", "√"), ("否", "无", "false", "f", "no", "n", "0", "错", "×")
FEW_CODES = 40  # a longer list is a table that the rows are joined with
ELEMENTS = {
    "identity_number": "[0-9]{17}[0-9X]|[0-9]{15}",
    "credit_code": "[0-9A-HJ-NPQRTUWXY]{18}",
}
TYPES = {
    "string": "VARCHAR", "code": "VARCHAR", "geometry": "VARCHAR", "integer": "BIGINT", "decimal": "DOUBLE", "date": "DATE", "datetime": "TIMESTAMP",
    "boolean": "BOOLEAN",
}  # fmt: skip


def named(text: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + text.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def listed(values: Iterable[str]) -> str:
    """Return texts as they stand in an IN."""
    return ", ".join(text(v) for v in values)


def sql_type(column: Column) -> str:
    """Return the column's type in DuckDB and Parquet; decimals are exact where the contract says how many there are."""
    if column.kind == "decimal" and column.decimals is not None:
        return f"DECIMAL(18,{min(max(column.decimals, 0), 9)})"
    return TYPES[column.kind]


def _number(raw: str, turn: int = 0) -> str:
    """Return a number's text with 千分位, full width, currency signs and spaces taken away; `turn` as in `trim`."""
    signs = list(zip(_WIDE, _HALF, strict=True))
    signs = signs[turn:] + signs[:turn]
    return f"translate({raw}, {text(''.join(w for w, _h in signs) + ',，¥￥ 　')}, {text(''.join(h for _w, h in signs))})"


def spoiled(raw: str) -> str:
    """Return whether a text is a long number that a spreadsheet spoiled."""
    return f"CASE WHEN contains({raw}, 'E') OR contains({raw}, 'e') THEN regexp_full_match({raw}, {text(SPOILED)}) ELSE false END"


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What the texts of a column in one chunk can hold at all; what they cannot hold is not looked for."""

    spaced: bool = True  # a space at one of their ends
    exponent: bool = True  # an E
    odd: bool = True  # a sign that numbers of persons and bodies do not have
    pointed: bool = True  # a point, as in 12.0
    shortest: int = 0  # bytes of a text that is not empty
    longest: int = 1 << 30
    fits: bool = False  # every text that is not empty has the form of the column's pattern


CAREFUL = Traits()


def date_sql(raw: str) -> str:
    """Return the day of a text in one of the commonest forms; NULL for all others."""
    return f"coalesce(try_cast({raw} AS DATE), try_strptime({raw}, [{listed(_DAYS[:2])}])::DATE)"


def number_fits(raw: str) -> str:
    """Return whether a whole number is written without point and exponent."""
    return f"NOT (contains({raw}, '.') OR contains({raw}, 'e') OR contains({raw}, 'E'))"


def few_codes(r: str, known: Mapping[str, str]) -> str:
    """Return the code of a text that is a code or its label, for a list so short that it can be written out."""
    others = " ".join(f"WHEN {text(given)} THEN {text(code)}" for given, code in code_rows(known) if given != code)
    labelled = f"CASE {r} {others} END" if others else "NULL"
    return f"CASE WHEN {r} IN ({listed(known)}) THEN {r} ELSE {labelled} END"


def value(column: Column, raw: str, traits: Traits = CAREFUL) -> str:
    """Return the expression of the column's value from its text; NULL where it is none."""
    kind = column.kind
    if kind in ("string", "geometry", "code"):
        made = raw
        if column.element in ELEMENTS and traits.odd:
            mended = f"translate(upper({raw}), {text(_IDS + chr(39) + '‘’ 　-')}, {text(_IDS_TO)})"
            made = f"CASE WHEN regexp_full_match({raw}, {text(ELEMENTS[column.element])}) THEN {raw} ELSE {mended} END"
        return f"CASE WHEN {spoiled(raw)} THEN NULL ELSE {made} END" if kind != "geometry" and traits.exponent else made
    clean = trim(raw)
    if kind == "integer":
        slow, fast = _number(raw), f"try_cast({raw} AS BIGINT)"
        whole = f"CASE WHEN regexp_full_match({slow}, '[+-]?[0-9]{{1,18}}(\\.0*)?') THEN try_cast(split_part({slow}, '.', 1) AS BIGINT) END"
        return f"CASE WHEN contains({raw}, '.') OR contains({raw}, 'e') OR contains({raw}, 'E') THEN {whole} ELSE coalesce({fast}, {whole}) END"
    if kind == "decimal":
        made = f"coalesce(try_cast({raw} AS {sql_type(column)}), try_cast({_number(raw)} AS {sql_type(column)}))"
        return made
    if kind == "date":
        return f"coalesce(try_cast({raw} AS DATE), try_strptime(replace({clean}, ' 00:00:00.0', ''), [{listed(_DAYS)}])::DATE, {_serial(raw)})"
    if kind == "datetime":
        days = f"try_cast({clean} AS DOUBLE)"
        fraction = f"CASE WHEN regexp_full_match({clean}, '[1-7][0-9]{{4}}(\\.[0-9]+)?') THEN TIMESTAMP '1899-12-30' + to_seconds(round({days} * 86400)) END"
        return f"coalesce(try_cast({raw} AS TIMESTAMP), try_strptime({clean}, [{listed(_MOMENTS)}])::TIMESTAMP, {fraction})"
    lower = f"lower({clean})" if traits.spaced else f"lower({raw})"  # once, whatever is asked of it
    return f"CASE WHEN {lower} IN ({listed(TRUE)}) THEN true WHEN {lower} IN ({listed(FALSE)}) THEN false END"


def _serial(raw: str) -> str:
    """Return the day of a spreadsheet's number of days (Excel serial), 1927 to 2119."""
    whole = f"try_cast(split_part({raw}, '.', 1) AS INTEGER)"
    return f"CASE WHEN regexp_full_match({raw}, '[1-7][0-9]{{4}}(\\.0+)?') THEN DATE '1899-12-30' + {whole} END"


_SPACE = " 　" + chr(9) + chr(13) + chr(10) + chr(160)


def trim(source: str, turn: int = 0) -> str:
    """Return a text without any kind of space around it.

    What stands twice in an expression DuckDB works out beforehand, for every row, even where it stands in a branch that
    few rows take. Another `turn` writes the same in another order, so that it is not the same text.
    """
    return f"trim({source}, {text(_SPACE[turn:] + _SPACE[:turn])})"


def texts_of(column: Column, source: str, traits: Traits = CAREFUL) -> str:
    """Return the text as it came, NULL for an empty one; without spaces around it where some have them."""
    return f"nullif({trim(source) if traits.spaced else source}, '')"


def faults(column: Column, codes: Mapping[str, Mapping[str, str]], traits: Traits = CAREFUL) -> list[tuple[str, str]]:
    """Return what can be wrong with a value, as (reason, condition over r_x and x); the first that holds is told."""
    x, r = named(column.name), named("r_" + column.name)
    found: list[tuple[str, str]] = []
    wordy = column.kind in ("string", "code", "geometry", "boolean")
    said = f"{r} IS NOT NULL" if wordy else f"{trim(r)} NOT IN ({listed(NOTHING)})"
    if (column.kind in ("string", "code") and traits.exponent) or column.kind == "integer":
        found.append(("spoiled", f"(CASE WHEN {x} IS NULL THEN {spoiled(r)} ELSE false END)"))
    lost = "code" if column.kind == "code" and column.codes in codes else "type"
    found.append((lost, f"(CASE WHEN {x} IS NULL THEN {said} ELSE false END)"))
    if column.required:
        found.append(("required", f"({x} IS NULL)"))
    if column.element in ELEMENTS:
        found.append((column.element, element_fault(column.element, x, traits)))
    if column.kind in ("date", "datetime"):
        found.append(("year", f"({x} < DATE '1000-01-01' OR {x} > DATE '2999-12-31')"))
    if column.kind == "decimal" and column.decimals is None:
        found.append(("finite", f"(NOT isfinite({x}))"))
    if column.length is not None:
        found.append(("length", f"(length({x}) NOT BETWEEN {column.length[0]} AND {column.length[1]})"))
    if column.range is not None and column.kind in ("integer", "decimal"):
        found.append(("range", f"({x} NOT BETWEEN {_limit(column.range[0])} AND {_limit(column.range[1])})"))
    if column.pattern and column.kind in ("string", "code"):
        found.append(("pattern", f"(NOT regexp_full_match({x}, {text(column.pattern)}))"))
    if column.kind == "decimal" and column.decimals is not None:
        behind = f"length(rtrim(split_part({trim(r, 3)}, '.', 2), '0')) > {column.decimals}"
        maybe = f"contains({r}, '.') AND strlen({r}) - instr({r}, '.') > {column.decimals}"
        found.append(("decimals", f"(CASE WHEN {maybe} THEN {behind} ELSE false END)"))
    return found


def _limit(value: float) -> str:
    """Return a limit; whole ones without point, or DuckDB compares whole columns as decimals of 38 places."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 10**15 else repr(value)


def element_fault(element: str, x: str, traits: Traits) -> str:
    """Return the condition that a value has not the form of its element."""
    if element == "identity_number" and not traits.odd:  # digits and X alone: the length and the place of X say the rest
        return f"(CASE strlen({x}) WHEN 18 THEN instr({x}, 'X') NOT IN (0, 18) WHEN 15 THEN instr({x}, 'X') > 0 ELSE {x} IS NOT NULL END)"
    return f"(NOT regexp_full_match({x}, {text(ELEMENTS[element])}))"


def _simple(column: Column, codes: Mapping[str, Mapping[str, str]], traits: Traits) -> list[str]:
    """Return the conditions of `faults` with those left out that others hold already."""
    rows = faults(column, codes, traits)
    gone = {"spoiled"} | ({"type", "code"} if column.required else set())
    return [condition for reason, condition in rows if reason not in gone]


def judged(contract: Contract, places: Mapping[str, int], codes: Mapping[str, Mapping[str, str]], *, source: str, traits: Mapping[str, Traits] | None = None) -> str:
    """Return a SELECT over `source` (columns c0.. as texts, `_row`) that gives the values, `_row`, `_ok` and `_blank`.

    A code list is a table `codes_<n>` (given, code) that `code_tables` names: codes and labels of the list both lead to the code.
    """
    columns = contract.columns
    tables, known = code_tables(contract, codes), traits or {}
    first = ", ".join(
        f"{texts_of(c, f'c{places[c.name]}', known.get(c.name, CAREFUL)) if c.name in places else 'NULL::VARCHAR'} AS {named('r_' + c.name)}" for c in columns
    )
    joins, second = "", []
    for number, column in enumerate(columns):
        r = named("r_" + column.name)
        if column.kind == "code" and column.codes in codes and len(codes[column.codes]) <= FEW_CODES:
            second.append(f"{few_codes(r, codes[column.codes])} AS {named(column.name)}")
        elif column.kind == "code" and column.codes in tables:
            joins += f" LEFT JOIN {tables[column.codes]} j{number} ON j{number}.given = raw.{r}"
            second.append(f"j{number}.code AS {named(column.name)}")
        else:
            second.append(f"{value(column, r, known.get(column.name, CAREFUL))} AS {named(column.name)}")
    wrong = " OR ".join(condition for c in columns for condition in _simple(c, codes, known.get(c.name, CAREFUL))) or "false"
    blank = f"coalesce({', '.join(named('r_' + c.name) for c in columns)}) IS NULL"
    keep = ", ".join(named(c.name) for c in columns)
    return (
        f"WITH raw AS (SELECT {first}, _row FROM {source}), made AS (SELECT raw.*, {', '.join(second)} FROM raw{joins})"
        f" SELECT {keep}, _row, {blank} AS _blank, NOT coalesce({wrong}, false) AS _ok FROM made"
    )


def reasons(contract: Contract, places: Mapping[str, int], codes: Mapping[str, Mapping[str, str]], *, source: str) -> str:
    """Return a SELECT over bad rows: `_row`, the texts as they came in the contract's order, and of each column the first reason (NULL: none)."""
    inner = judged(contract, places, codes, source=source)
    head = inner.rsplit(" SELECT ", 1)[0]
    texts = ", ".join(named("r_" + c.name) for c in contract.columns)
    why = ", ".join(
        "CASE " + " ".join(f"WHEN {condition} THEN {text(reason)}" for reason, condition in faults(c, codes)) + " END" for c in contract.columns
    )
    return f"{head} SELECT _row, [{texts}], [{why}] FROM made"


def code_tables(contract: Contract, codes: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the table's name by code list, for the lists that are known."""
    wanted = sorted({c.codes for c in contract.columns if c.kind == "code" and c.codes in codes and len(codes[c.codes]) > FEW_CODES})
    return {name: f"codes_{n}" for n, name in enumerate(wanted)}


def code_rows(known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (given, code) of one list: codes as they are, labels where they mean one code."""
    found = {code: code for code in known}
    for code, label in known.items():
        if label and label not in found:
            found[label] = code
    return list(found.items())


def row_hash(names: Sequence[str]) -> str:
    """Return the hash of some columns of a row, 64 bits."""
    return f"hash({', '.join(named(n) for n in names)})"


def formulas(contract: Contract) -> list[tuple[str, str]]:
    """Return (column, condition): texts that a spreadsheet would run as a formula (公式注入); they stay texts and are told."""
    found = []
    for column in contract.columns:
        if column.kind == "string":
            x = named(column.name)
            found.append((column.name, f"CASE WHEN ord({x}) IN (61, 64, 43, 45, 9, 13) THEN NOT regexp_full_match({x}, '[+-]?[0-9][0-9 ()./-]*') ELSE false END"))
    return found
