"""Case numbers (案件编号): district 6 + yyyyMMdd + sequence 6, drawn at filing, city-wide unique."""

import re
from dataclasses import dataclass
from datetime import date

PATTERN = "{district}{date:%Y%m%d}{sequence:06d}"


@dataclass(frozen=True, kw_only=True)
class CaseNumber:
    district: str
    on: date
    sequence: int

    def __str__(self) -> str:
        return f"{self.district}{self.on:%Y%m%d}{self.sequence:06d}"


def series(district: str, on: date) -> str:
    """Return the name of the counter: one for each district and day, so that districts do not wait for each other."""
    return f"{district}{on:%Y%m%d}"


def build(district: str, on: date, sequence: int) -> str:
    """Return a case number. Raises ValueError for a wrong district or a day with more than 999,999 cases.

    >>> build("371591", date(2026, 3, 1), 7)
    '37159120260301000007'
    """
    if not re.fullmatch(r"[0-9]{6}", district) or not 1 <= sequence <= 999_999:
        raise ValueError(f"cannot number case {sequence} of district {district!r}")
    return str(CaseNumber(district=district, on=on, sequence=sequence))


def parse(number: str) -> CaseNumber | None:
    """Take a case number apart; None when it is none."""
    if not re.fullmatch(r"[0-9]{20}", number):
        return None
    try:
        on = date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        return None
    sequence = int(number[14:])
    return CaseNumber(district=number[:6], on=on, sequence=sequence) if sequence else None
