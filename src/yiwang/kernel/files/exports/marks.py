"""The mark of an export (导出标记): a number that people read, and the same number in signs that nobody sees. Plain Python.

The number is `E261123-7K3M9QXW`: the day and 40 random bits. The unseen code holds it with a signature of this
installation, in four zero-width characters between two invisible separators, so that it survives copying a single cell
into another file; somebody who makes one up has no signature.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_EPOCH = date(2020, 1, 1)
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: none that look alike
_SIGNS = "\u200b\u200c\u200d\u2060"  # two bits each
_EDGE = "\u2063"
_RANDOM, _SIGNATURE = 5, 6  # bytes
_LENGTH = 2 + _RANDOM + _SIGNATURE
NUMBER = re.compile(r"\bE(\d{2})(\d{2})(\d{2})-([0-9A-HJKMNP-TV-Z]{8})\b")
_HIDDEN = re.compile(f"{_EDGE}([{_SIGNS}]{{{_LENGTH * 4}}}){_EDGE}")


@dataclass(frozen=True, order=True)
class Mark:
    """A mark that was found; `genuine` says that this installation's key signed it, None for a number read in plain."""

    number: str
    genuine: bool | None = None


def new_number(day: date) -> str:
    """Return a number of the day that nobody can guess."""
    return _number(day, secrets.token_bytes(_RANDOM))


def _number(day: date, random: bytes) -> str:
    value = int.from_bytes(random)
    return f"E{day:%y%m%d}-" + "".join(_DIGITS[value >> shift & 31] for shift in range(35, -1, -5))


def day_of(number: str) -> date:
    """Return the day that a number carries.

    Raises
    ------
    ValueError
        It is not a number of ours.
    """
    found = NUMBER.fullmatch(number)
    if found is None:
        raise ValueError(f"{number!r} is not the number of an export")
    year, month, day = (int(part) for part in found.groups()[:3])
    return date(2000 + year, month, day)


def _signature(key: str, body: bytes) -> bytes:
    return hmac.new(key.encode(), b"yiwang-export:" + body, hashlib.sha256).digest()[:_SIGNATURE]


def hidden(number: str, key: str) -> str:
    """Return the number as characters of no width, signed with the key."""
    day = (day_of(number) - _EPOCH).days.to_bytes(2)
    value = 0
    for letter in number[-8:]:
        value = value << 5 | _DIGITS.index(letter)
    body = day + value.to_bytes(_RANDOM)
    whole = body + _signature(key, body)
    signs = "".join(_SIGNS[byte >> shift & 3] for byte in whole for shift in (6, 4, 2, 0))
    return f"{_EDGE}{signs}{_EDGE}"


def find(text: str, key: str) -> Iterator[Mark]:
    """Yield the marks in a text: hidden ones with whether they are genuine, then numbers that stand in plain."""
    for found in _HIDDEN.finditer(text):
        bits = [_SIGNS.index(sign) for sign in found[1]]
        whole = bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in zip(*[iter(bits)] * 4, strict=True))
        body, signature = whole[:-_SIGNATURE], whole[-_SIGNATURE:]
        number = _number(_EPOCH + timedelta(days=int.from_bytes(body[:2])), body[2:])
        yield Mark(number, hmac.compare_digest(signature, _signature(key, body)))
    for plain in NUMBER.finditer(text):
        yield Mark(plain[0])


def strip(text: str) -> str:
    """Return the text without hidden marks."""
    return _HIDDEN.sub("", text)
