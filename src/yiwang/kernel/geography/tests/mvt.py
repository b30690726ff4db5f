"""A small reader of Mapbox Vector Tiles 2.1 for tests: layers with the properties of their features."""

import struct
from typing import Any


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> list[tuple[int, Any]]:
    found, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            size = 8 if kind == 1 else 4
            value, at = struct.unpack("<d" if kind == 1 else "<f", data[at : at + size])[0], at + size
        found.append((number, value))
    return found


def _value(data: bytes) -> Any:
    number, value = _fields(data)[0]
    if number == 1:
        return value.decode()
    if number == 6:
        return (value >> 1) ^ -(value & 1)
    return bool(value) if number == 7 else value


def read(tile: bytes) -> dict[str, list[dict[str, Any]]]:
    """Return the properties of every feature by layer."""
    made: dict[str, list[dict[str, Any]]] = {}
    for number, layer in _fields(tile):
        assert number == 3
        parts = _fields(layer)
        name = next(v for n, v in parts if n == 1).decode()
        keys, values = [v.decode() for n, v in parts if n == 3], [_value(v) for n, v in parts if n == 4]
        rows = []
        for part in (v for n, v in parts if n == 2):
            tags, at = [], 0
            packed = next((v for n, v in _fields(part) if n == 2), b"")
            while at < len(packed):
                tag, at = _varint(packed, at)
                tags.append(tag)
            rows.append({keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)})
        made[name] = rows
    return made
