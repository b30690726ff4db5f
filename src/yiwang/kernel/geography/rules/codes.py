"""Codes of grids and components (标识码); GB/T 47678.5-2026 and GB/T 30428.2-2013 as the reference reads them."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

GRID_CODE = re.compile(r"^[0-9A-Z]{15}$", re.ASCII)
RESPONSIBILITY_CODE = re.compile(r"^\d{6}Z\d{4}$", re.ASCII)
LAST_GRID = 999  # three digits inside a community
LAST_RESPONSIBILITY = 9999


class CodeError(ValueError):
    """The code cannot be; the message says why, `reason` is a word: length, community, used, exhausted."""

    def __init__(self, message: str, reason: str = "length") -> None:
        super().__init__(message)
        self.reason = reason


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
        raise CodeError("a district has at most 999999 components of one class", "exhausted")
    return f"{district}{class_code}{sequence:06d}"


def grid_code(code: str, community: str, pattern: str = GRID_CODE.pattern) -> str:
    """Return a unit grid's code (单元网格标识码) after checking it: 12 of the community, then three of its own.

    Codes of 14 digits (CJ/T 213-2005, a sequence of two) become 15; a local 16 (a street of four) is left to people.

    >>> grid_code("37150200100107", "371502001001")
    '371502001001007'

    Raises
    ------
    CodeError
        It does not look so, or belongs to another community.
    """
    given = code.strip().upper()
    if len(given) == 14 and given.isdecimal():
        given = f"{given[:12]}0{given[12:]}"
    if not re.fullmatch(pattern, given, re.ASCII):
        raise CodeError(f"{code!r} does not fit {pattern}")
    if not given.startswith(community):
        raise CodeError(f"{code!r} does not begin with its community {community}", "community")
    return given


def next_grid_codes(community: str, used: Collection[str], count: int) -> list[str]:
    """Return the next free codes of a community. What was ever used is not used again: old cases name it.

    >>> next_grid_codes("371502001001", ["371502001001004", "371502001001002"], 2)
    ['371502001001005', '371502001001006']

    Raises
    ------
    CodeError
        Its three digits have run out (`exhausted`).
    """
    first = _last(used, community) + 1
    if first + count - 1 > LAST_GRID:
        raise CodeError(f"community {community} has no {count} codes left", "exhausted")
    return [f"{community}{first + n:03d}" for n in range(count)]


def next_responsibility_code(district: str, used: Iterable[str]) -> str:
    """Return the next free code of a responsibility grid (责任网格): six digits of the district, Z, four of its own.

    >>> next_responsibility_code("371502", ["371502Z0003"])
    '371502Z0004'
    """
    number = _last(used, f"{district}Z") + 1
    if number > LAST_RESPONSIBILITY:
        raise CodeError(f"district {district} has no code left", "exhausted")
    return f"{district}Z{number:04d}"


def _last(used: Iterable[str], prefix: str) -> int:
    return max((int(c[len(prefix) :]) for c in used if c.startswith(prefix) and c[len(prefix) :].isdecimal()), default=0)
