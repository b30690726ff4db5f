"""Checksums of identifiers as DuckDB macros: GB 11643 (公民身份号码) and GB 32100 (统一社会信用代码), by arithmetic on whole columns."""

from __future__ import annotations

_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def statements() -> list[str]:
    """Return what makes the macros `identity_ok(t)`, `credit_ok(t)`, `identity_birth(t)`, `identity_sex(t)` on a connection.

    An identity number is right with a day that there was, and the right last character; 15 places have no check
    character. Each macro is NULL for NULL. Truths are multiplied where AND would do: behind an AND, DuckDB works sums out for picked
    rows, which takes three times as long as for all.
    """
    digits = " + ".join(f"{w} * ((n // {10 ** (16 - i)}) % 10)" for i, w in enumerate(_ID_WEIGHTS))
    credit = " + ".join(f"{pow(3, i, 31)} * (strpos('{_CREDIT}', substr(t, {i + 1}, 1)) - 1)" for i in range(17))
    return [
        f"CREATE OR REPLACE MACRO id_sum(n) AS ({digits}) % 11",
        "CREATE OR REPLACE MACRO identity_birth(t) AS CASE strlen(t) WHEN 18 THEN try_cast(substr(t, 7, 4) || '-' || substr(t, 11, 2) || '-' || substr(t, 13, 2) AS DATE)"
        " WHEN 15 THEN try_cast('19' || substr(t, 7, 2) || '-' || substr(t, 9, 2) || '-' || substr(t, 11, 2) AS DATE) END",
        "CREATE OR REPLACE MACRO identity_sex(t) AS CASE WHEN try_cast(substr(t, CASE strlen(t) WHEN 18 THEN 17 ELSE 15 END, 1) AS INTEGER) % 2 = 1 THEN '1' ELSE '2' END",
        "CREATE OR REPLACE MACRO identity_day(t) AS try_strptime(CASE WHEN strlen(t) = 15 THEN '19' || substr(t, 7, 6) ELSE substr(t, 7, 8) END, '%Y%m%d') IS NOT NULL",
        "CREATE OR REPLACE MACRO identity_checked(t) AS coalesce((id_sum(try_cast(substr(t, 1, 17) AS BIGINT)) + instr('0123456789X', right(t, 1)) - 1) % 11 = 1, false)",
        "CREATE OR REPLACE MACRO identity_ok(t) AS regexp_full_match(t, '[1-9][0-9]{16}[0-9X]|[1-9][0-9]{14}')::TINYINT * identity_day(t)::TINYINT"
        " * ((strlen(t) = 15)::TINYINT + identity_checked(t)::TINYINT > 0)::TINYINT = 1",
        f"CREATE OR REPLACE MACRO credit_sum(t) AS ({credit}) % 31",
        "CREATE OR REPLACE MACRO credit_ok(t) AS regexp_full_match(t, '[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}')::TINYINT"
        f" * (substr(t, 18, 1) = substr('{_CREDIT}', 1 + ((31 - credit_sum(t)) % 31)::INTEGER, 1))::TINYINT = 1",
    ]
