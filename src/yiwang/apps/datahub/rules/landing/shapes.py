"""Patterns so plain that bytes can be compared with them: so many signs, each of a set (`1[0-9]{10}`); a whole column costs a few milliseconds."""

from __future__ import annotations

import re
from functools import lru_cache

_PART = re.compile(r"(?:\[((?:[0-9A-Za-z](?:-[0-9A-Za-z])?)+)\]|(\\d)|([0-9A-Za-z]))(?:\{([0-9]{1,3})\})?")
_RANGE = re.compile(r"([0-9A-Za-z])(?:-([0-9A-Za-z]))?")
Shape = tuple[tuple[frozenset[int], int], ...]


@lru_cache(maxsize=1000)
def shape_of(pattern: str) -> Shape | None:
    """Return the sets of bytes with how often each stands in a row; None for a pattern that is not so plain.

    >>> [(len(signs), times) for signs, times in shape_of("1[3-9]\\\\d{9}")], shape_of("a|b"), shape_of("[0-9]+")
    ([(1, 1), (7, 1), (10, 9)], None, None)
    """
    found, at = [], 0
    while at < len(pattern):
        part = _PART.match(pattern, at)
        if part is None:
            return None
        signs, digit, letter, times = part.groups()
        text = signs or ("0-9" if digit else letter)
        held: set[int] = set()
        for first, last in _RANGE.findall(text):
            if last and last < first:
                return None
            held.update(range(ord(first), ord(last or first) + 1))
        found.append((frozenset(held), int(times or 1)))
        at = part.end()
    return tuple(found) or None


def length_of(shape: Shape) -> int:
    """Return how many bytes a text of this shape has."""
    return sum(times for _signs, times in shape)
