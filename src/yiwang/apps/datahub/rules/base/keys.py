"""The one number that says who somebody is: identity number (GB 11643) or unified social credit code (GB 32100)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@lru_cache(maxsize=100_000)
def identity_of(text: str) -> str:
    """Return the number in its 18 characters when it is a valid one, else the empty string.

    A number of 15 figures is raised to 18; a person's and a body's number are told apart by their form.

    Examples
    --------
    >>> identity_of("11010519491231002x"), identity_of("110105194912310021"), identity_of("91350100M000100Y43")
    ('11010519491231002X', '', '91350100M000100Y43')
    """
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    if re.fullmatch(r"\d{15}", number):
        number = _with_check(f"{number[:6]}19{number[6:]}")
    if re.fullmatch(r"[1-9]\d{16}[\dX]", number) and _possible(number[6:14]) and number == _with_check(number[:17]):
        return number
    return number if _is_credit_code(number) else ""


def _with_check(seventeen: str) -> str:
    total = sum(int(c) * w for c, w in zip(seventeen, _WEIGHTS, strict=True))
    return seventeen + "10X98765432"[total % 11]


def _possible(day: str) -> bool:
    year, month, date = int(day[:4]), int(day[4:6]), int(day[6:])
    if not (1850 <= year <= 2100 and 1 <= month <= 12):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= date <= (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _is_credit_code(code: str) -> bool:
    if not re.fullmatch(rf"[{_LETTERS}]{{2}}\d{{6}}[{_LETTERS}]{{10}}", code) or (code[:17].isdecimal() and code[0] not in "159"):
        return False
    total = sum(_LETTERS.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return _LETTERS[(31 - total % 31) % 31] == code[17]


def organisation_code(credit_code: str) -> str:
    """Return the old organisation code (组织机构代码, GB 11714) inside a credit code: characters 9 to 17, with its hyphen."""
    return f"{credit_code[8:16]}-{credit_code[16]}" if len(credit_code) == 18 else ""
