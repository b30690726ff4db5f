"""What the texts of a chunk can hold at all, seen from their bytes: the SQL that converts them leaves out what cannot be.

A few milliseconds a column for a million rows, where looking at every text in SQL costs a hundred times that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from yiwang.apps.datahub.rules.contract import Column
from yiwang.apps.datahub.rules.landing.shapes import Shape, length_of, shape_of
from yiwang.apps.datahub.rules.landing.sql import ELEMENTS, Traits

_SPACES = np.zeros(256, dtype=bool)
_SPACES[[0x00, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0xC2, 0xE3, 0xA0, 0x80]] = True  # with the first and last bytes of U+00A0 and U+3000
_NUMBER = np.zeros(256, dtype=bool)
_NUMBER[[*range(0x30, 0x3A), 0x58]] = True  # 0 to 9 and X
_FORMULA = np.zeros(256, dtype=bool)
_FORMULA[[0x3D, 0x40, 0x2B, 0x2D, 0x09, 0x0D]] = True
_EXPONENTS = ("string", "code", "integer")  # kinds of columns that a spreadsheet's E+17 spoils


def traits_of(column: pa.ChunkedArray, asked: Column) -> tuple[Traits, bool]:
    """Return the traits of a column of texts, and whether some may begin like a formula; what nobody asks of its kind is not looked for."""
    wants_exponent, wants_odd = asked.kind in _EXPONENTS, asked.element in ELEMENTS
    spaced = exponent = odd = formula = pointed = False
    shortest, longest = 1 << 30, 0
    shape = shape_of(asked.pattern) if asked.pattern and asked.kind in ("string", "code") else None
    fits = shape is not None
    for array in column.chunks:
        offsets, data = _parts(array)
        if len(data) == 0:
            continue
        starts, ends = offsets[:-1], offsets[1:]
        lengths = ends - starts
        least = int(lengths.min())
        if least == 0:
            filled = lengths > 0
            starts, ends, lengths = starts[filled], ends[filled], lengths[filled]
            least = int(lengths.min())
        shortest, longest = min(shortest, least), max(longest, int(lengths.max()))
        if fits and shape is not None:
            fits = least == int(lengths.max()) == length_of(shape) and _fits(data, shape)
        first = data[starts]
        spaced = spaced or bool(_SPACES[first].any()) or bool(_SPACES[data[ends - 1]].any())
        if asked.kind == "string":
            formula = formula or bool(_FORMULA[first].any())
        if wants_exponent and not (exponent and pointed):
            raw = data.tobytes()
            exponent = exponent or b"E" in raw or b"e" in raw
            pointed = pointed or (asked.kind == "integer" and b"." in raw)
        odd = odd or (wants_odd and not bool(_NUMBER[data].all()))
    if longest == 0:
        shortest = 0
    return Traits(spaced=spaced, exponent=exponent or not wants_exponent, odd=odd or not wants_odd, pointed=pointed, shortest=shortest, longest=longest, fits=fits), formula


def _fits(data: Any, shape: Shape) -> bool:
    """Whether the bytes of texts, all of the shape's length and one after the other, have its form."""
    table, at = data.reshape(-1, length_of(shape)), 0
    for signs, times in shape:
        part, low, high = table[:, at : at + times], min(signs), max(signs)
        at += times
        if high - low + 1 == len(signs):
            if int(part.min()) < low or int(part.max()) > high:
                return False
        elif not np.isin(part, list(signs)).all():
            return False
    return True


def _parts(array: Any) -> tuple[Any, Any]:
    """Return offsets, from 0, and the bytes of an array of texts."""
    _valid, offset_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    if data_buffer is None or len(offsets) == 0:
        return np.zeros(1, dtype=np.int32), np.zeros(0, dtype=np.uint8)
    data = np.frombuffer(data_buffer, dtype=np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], data
