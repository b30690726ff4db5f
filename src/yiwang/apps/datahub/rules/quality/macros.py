"""Checksums of identifiers as DuckDB macros: GB 11643 (公民身份号码) and GB 32100 (统一社会信用代码), by arithmetic on whole columns."""

from __future__ import annotations

_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def statements() -> list[str]:
    """Return what makes the macros `identity_ok(t)`, `credit_ok(t)`, `identity_birth(t)`, `identity_sex(t)` on a connection.

    An identity number is right with a day that there was, and the right last character; 15 places have no check
    character. Each macro is NULL for NULL.
    """
    digits = " + ".join(f"{w} * ((n // {10 ** (16 - i)}) % 10)" for i, w in enumerate(_ID_WEIGHTS))
    credit = " + ".join(f"{pow(3, i, 31)} * (strpos('{_CREDIT}', substr(t, {i + 1}, 1)) - 1)" for i in range(17))
    return [
        f"CREATE OR REPLACE MACRO id_sum(n) AS ({digits}) % 11",
        "CREATE OR REPLACE MACRO identity_birth(t) AS CASE strlen(t) WHEN 18 THEN try_cast(substr(t, 7, 4) || '-' || substr(t, 11, 2) || '-' || substr(t, 13, 2) AS DATE)"
        " WHEN 15 THEN try_cast('19' || substr(t, 7, 2) || '-' || substr(t, 9, 2) || '-' || substr(t, 11, 2) AS DATE) END",
        "CREATE OR REPLACE MACRO identity_sex(t) AS CASE WHEN try_cast(substr(t, CASE strlen(t) WHEN 18 THEN 17 ELSE 15 END, 1) AS INTEGER) % 2 = 1 THEN '1' ELSE '2' END",
        "CREATE OR REPLACE MACRO identity_ok(t) AS CASE WHEN t IS NULL THEN NULL WHEN strlen(t) = 18 AND regexp_full_match(t, '[1-9][0-9]{16}[0-9X]')"
        " THEN ord(substr(t, 18, 1)) = ord(substr('10X98765432', 1 + id_sum(try_cast(substr(t, 1, 17) AS BIGINT))::INTEGER, 1)) AND identity_birth(t) IS NOT NULL"
        " WHEN strlen(t) = 15 AND regexp_full_match(t, '[1-9][0-9]{14}') THEN identity_birth(t) IS NOT NULL ELSE false END",
        f"CREATE OR REPLACE MACRO credit_sum(t) AS ({credit}) % 31",
        f"CREATE OR REPLACE MACRO credit_ok(t) AS CASE WHEN t IS NULL THEN NULL WHEN regexp_full_match(t, '[0-9A-HJ-NPQRTUWXY]{{2}}[0-9]{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}')"
        f" THEN substr(t, 18, 1) = substr('{_CREDIT}', 1 + ((31 - credit_sum(t)) % 31)::INTEGER, 1) ELSE false END",
    ]
