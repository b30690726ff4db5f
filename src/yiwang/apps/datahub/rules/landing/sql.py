"""From the contract of a data set to the SQL that converts and judges its rows in DuckDB.

Three layers, so that what costs is done where it must be: texts as they came (`r_x`), values (`x`), and whether the row
keeps the contract (`_ok`). The usual form of a value is tried first; dates in other forms, numbers with 千分位 or in full
width are tried only where the usual form failed (`coalesce` reads on only for those rows).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from yiwang.apps.datahub.rules.contract import Column, Contract

SPOILED = r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}"  # 3.30102E+17: what a spreadsheet leaves of a long number
NOTHING = ("-", "--", "—", "——", "/", "\\", "无", "空", "null", "NULL", "None", "N/A", "n/a", "#N/A", "nan", "NaN")
_WIDE, _HALF = "０１２３４５６７８９．－＋％", "0123456789.-+%"
_IDS = "０１２３４５６７８９ＸＡＢＣＤＥＦＧＨＪＫＬＭＮＰＱＲＴＵＷＹ"
_IDS_TO = "0123456789XABCDEFGHJKLMNPQRTUWY"
_DAYS = ("%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y年%m月%d号", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M")
_MOMENTS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%Y年%m月%d日", "%Y%m%d")
TRUE, FALSE = ("是", "有", "true", "t", "yes", "y", "1", "对", "√"), ("否", "无", "false", "f", "no", "n", "0", "错", "×")
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


def _listed(values: Iterable[str]) -> str:
    return ", ".join(text(v) for v in values)


def sql_type(column: Column) -> str:
    """Return the column's type in DuckDB and Parquet; decimals are exact where the contract says how many there are."""
    if column.kind == "decimal" and column.decimals is not None:
        return f"DECIMAL(18,{min(max(column.decimals, 0), 9)})"
    return TYPES[column.kind]


def _number(raw: str) -> str:
    """Return a number's text with 千分位, full width, currency signs and spaces taken away."""
    return f"nullif(translate({raw}, {text(_WIDE + ',，¥￥ 　')}, {text(_HALF)}), '')"


def _spoiled(raw: str) -> str:
    return f"(contains({raw}, 'E') OR contains({raw}, 'e')) AND regexp_full_match({raw}, {text(SPOILED)})"


def value(column: Column, raw: str) -> str:
    """Return the expression of the column's value from its trimmed text; NULL where it is none."""
    kind = column.kind
    if kind in ("string", "geometry", "code"):
        if column.element in ELEMENTS:
            made = f"translate(upper({raw}), {text(_IDS + chr(39) + '‘’ 　-')}, {text(_IDS_TO)})"
        else:
            made = raw
        return f"CASE WHEN {_spoiled(raw)} THEN NULL ELSE {made} END" if kind != "geometry" else made
    if kind == "integer":
        slow = _number(raw)
        whole = f"CASE WHEN try_cast({slow} AS DOUBLE) = trunc(try_cast({slow} AS DOUBLE)) AND abs(try_cast({slow} AS DOUBLE)) < 9e15 AND NOT regexp_full_match({slow}, {text(SPOILED)}) THEN try_cast({slow} AS BIGINT) END"
        return f"CASE WHEN contains({raw}, '.') OR contains({raw}, 'e') OR contains({raw}, 'E') THEN {whole} ELSE coalesce(try_cast({raw} AS BIGINT), {whole}) END"
    if kind == "decimal":
        slow = _number(raw)
        made = f"coalesce(try_cast({raw} AS {sql_type(column)}), try_cast({slow} AS {sql_type(column)}))"
        if column.decimals is not None:
            return made
        return f"CASE WHEN isfinite({made}) THEN {made} END"
    if kind == "date":
        other = f"try_strptime(replace({raw}, ' 00:00:00.0', ''), [{_listed(_DAYS)}])::DATE"
        return f"coalesce(try_cast({raw} AS DATE), {other}, {_serial(raw)})"
    if kind == "datetime":
        other = f"try_strptime({raw}, [{_listed(_MOMENTS)}])::TIMESTAMP"
        fraction = f"CASE WHEN regexp_full_match({raw}, '[1-7][0-9]{{4}}(\\.[0-9]+)?') THEN TIMESTAMP '1899-12-30' + to_seconds(round(try_cast({raw} AS DOUBLE) * 86400)) END"
        return f"coalesce(try_cast({raw} AS TIMESTAMP), {other}, {fraction})"
    return f"CASE WHEN lower({raw}) IN ({_listed(TRUE)}) THEN true WHEN lower({raw}) IN ({_listed(FALSE)}) THEN false END"


def _serial(raw: str) -> str:
    """Return the day of a spreadsheet's number of days (Excel serial), 1927 to 2119."""
    return f"CASE WHEN regexp_full_match({raw}, '[1-7][0-9]{{4}}(\\.0+)?') THEN DATE '1899-12-30' + try_cast(split_part({raw}, '.', 1) AS INTEGER) END"


def trimmed(column: Column, source: str) -> str:
    """Return the text as it came without spaces around it; what says "nothing" is nothing where no text is wanted."""
    made = f"nullif(trim({source}, {text(' 　' + chr(9) + chr(13) + chr(10) + chr(160))}), '')"
    if column.kind in ("string", "geometry", "code"):
        return made
    return f"CASE WHEN length({made}) <= 4 AND {made} IN ({_listed(NOTHING)}) THEN NULL ELSE {made} END" if column.kind != "boolean" else made


def faults(column: Column, codes: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Return what can be wrong with a value, as (reason, condition over r_x and x); the first that holds is told."""
    x, r = named(column.name), named("r_" + column.name)
    found: list[tuple[str, str]] = []
    lost = f"({x} IS NULL AND {r} IS NOT NULL)"
    if column.kind in ("string", "code", "integer"):
        found.append(("spoiled", f"({lost} AND {_spoiled(r)})"))
    found.append(("code" if column.kind == "code" and column.codes in codes else "type", lost))
    if column.required:
        found.append(("required", f"({x} IS NULL)"))
    if column.element in ELEMENTS:
        found.append((column.element, f"(NOT regexp_full_match({x}, {text(ELEMENTS[column.element])}))"))
    if column.kind in ("date", "datetime"):
        found.append(("year", f"({x} < DATE '1000-01-01' OR {x} > DATE '2999-12-31')"))
    if column.length is not None:
        found.append(("length", f"(length({x}) NOT BETWEEN {column.length[0]} AND {column.length[1]})"))
    if column.range is not None and column.kind in ("integer", "decimal"):
        found.append(("range", f"({x} NOT BETWEEN {column.range[0]!r} AND {column.range[1]!r})"))
    if column.pattern and column.kind in ("string", "code"):
        found.append(("pattern", f"(NOT regexp_full_match({x}, {text(column.pattern)}))"))
    if column.kind == "decimal" and column.decimals is not None:
        found.append(("decimals", f"(contains({r}, '.') AND length(rtrim(split_part({r}, '.', 2), '0')) > {column.decimals})"))
    return found


def _simple(column: Column, codes: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the conditions of `faults` with those left out that others hold already."""
    rows = faults(column, codes)
    gone = {"spoiled"} | ({"type", "code"} if column.required else set())
    return [condition for reason, condition in rows if reason not in gone]


def judged(contract: Contract, places: Mapping[str, int], codes: Mapping[str, Mapping[str, str]], *, source: str) -> str:
    """Return a SELECT over `source` (columns c0.. as texts, `_row`) that gives the values, `_row`, `_ok` and `_blank`.

    A code list is a table `codes_<n>` (given, code) that `code_tables` names: codes and labels of the list both lead to the code.
    """
    columns = contract.columns
    tables = code_tables(contract, codes)
    first = ", ".join(
        f"{trimmed(c, f'c{places[c.name]}') if c.name in places else 'NULL::VARCHAR'} AS {named('r_' + c.name)}" for c in columns
    )
    joins, second = "", []
    for number, column in enumerate(columns):
        r = named("r_" + column.name)
        if column.kind == "code" and column.codes in tables:
            joins += f" LEFT JOIN {tables[column.codes]} j{number} ON j{number}.given = raw.{r}"
            second.append(f"j{number}.code AS {named(column.name)}")
        else:
            second.append(f"{value(column, r)} AS {named(column.name)}")
    wrong = " OR ".join(condition for c in columns for condition in _simple(c, codes)) or "false"
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
    wanted = sorted({c.codes for c in contract.columns if c.kind == "code" and c.codes in codes})
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
            found.append((column.name, f"ord({x}) IN (61, 64, 43, 45, 9, 13) AND NOT regexp_full_match({x}, '[+-]?[0-9][0-9 ()./-]*')"))
    return found
