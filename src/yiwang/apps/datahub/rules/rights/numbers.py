"""The check character and the birth date of a citizen identity number (公民身份号码, GB 11643-1999)."""

from __future__ import annotations

import re
from datetime import date

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def is_identity_number(text: str) -> bool:
    """Say whether the text is a well-formed number of 18 characters; whether the region exists or existed is not asked.

    >>> is_identity_number("11010519491231002X"), is_identity_number("110105194912310021"), is_identity_number("11010519491331002X")
    (True, False, False)
    """
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return CHECKS[sum(int(d) * w for d, w in zip(text, WEIGHTS, strict=False)) % 11] == text[17]
