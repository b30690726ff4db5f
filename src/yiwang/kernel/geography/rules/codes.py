"""Codes of grids and components (标识码); GB/T 47678.5-2026 and GB/T 30428.2-2013 as the reference reads them."""

import re
from dataclasses import dataclass

GRID_CODE = re.compile(r"^[0-9A-Z]{15}$", re.ASCII)
RESPONSIBILITY_CODE = re.compile(r"^\d{6}Z\d{4}$", re.ASCII)


class CodeError(ValueError):
    """The code cannot be; the message says why."""


@dataclass(frozen=True)
class AssetCode:
    """A component code taken apart: district 6, major 2, minor 3 (2 before 2026), sequence 6."""

    district: str
    class_code: str
    sequence: int
    generation: int


def parse_asset_code(code: str) -> AssetCode:
    """Take a component code apart (17 digits since 2026, 16 before).

    >>> parse_asset_code("37150201001000042")
    AssetCode(district='371502', class_code='01001', sequence=42, generation=2026)
    """
    if not (code.isascii() and code.isdecimal()) or len(code) not in (16, 17):
        raise CodeError(f"{code!r} is not 16 or 17 digits")
    minor = 3 if len(code) == 17 else 2
    sequence = int(code[-6:])
    if sequence == 0:
        raise CodeError("sequence numbers start at 000001")
    return AssetCode(code[:6], code[6 : 8 + minor], sequence, 2026 if minor == 3 else 2013)


def asset_code(district: str, class_code: str, sequence: int) -> str:
    """Make a 2026 code.

    Raises
    ------
    CodeError
        A part has another length than the standard's, or the sequence has run out.
    """
    if len(district) != 6 or len(class_code) != 5 or not (district + class_code).isdecimal():
        raise CodeError(f"{district!r} and {class_code!r} are not a district and a class")
    if not 1 <= sequence <= 999_999:
        raise CodeError("a district has at most 999999 components of one class")
    return f"{district}{class_code}{sequence:06d}"
