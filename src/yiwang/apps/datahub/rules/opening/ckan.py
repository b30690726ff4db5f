"""CKAN's query language (Solr's, as much of it as clients write): words, `field:value`, phrases, ranges, AND, OR, NOT, + and -.

>>> parse('tags:树木 AND -organization:"bureau-water"')
And((Term('tags', '树木'), Not(Term('organization', 'bureau-water'))))
>>> parse("*:*")
And(())
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


class QueryError(ValueError):
    """A query that cannot be read."""


class _Shown:
    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(v) for v in vars(self).values())})"


@dataclass(frozen=True, repr=False)
class Term(_Shown):
    """Words of a field; the empty field is all texts."""

    field: str
    value: str


@dataclass(frozen=True, repr=False)
class Range(_Shown):
    field: str
    low: str  # "*": open
    high: str


@dataclass(frozen=True, repr=False)
class Not(_Shown):
    part: Node


@dataclass(frozen=True, repr=False)
class And(_Shown):
    parts: tuple[Node, ...]


@dataclass(frozen=True, repr=False)
class Or(_Shown):
    parts: tuple[Node, ...]


Node = Term | Range | Not | And | Or
FIELDS = frozenset({
    "id", "name", "title", "notes", "text", "tags", "organization", "owner_org", "groups", "res_format", "license_id", "state", "private",
    "capacity", "dataset_type", "type", "entity_type", "metadata_modified", "metadata_created", "site_id", "frequency",
})  # fmt: skip
MOST_TERMS = 60
_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<and>AND\b|&&)|(?P<or>OR\b|\|\|)|(?P<not>NOT\b|!)|(?P<plus>\+)|(?P<minus>-)
    |(?P<field>[A-Za-z_.*]+):|\[(?P<low>[^\]\s]+)\s+TO\s+(?P<high>[^\]\s]+)\]|"(?P<phrase>(?:\\.|[^"\\])*)"|(?P<word>(?:\\.|[^\s()"\[\]:])+(?::(?=//))?[^\s()"\[\]]*))""",
    re.VERBOSE,
)


def parse(text: str) -> Node:
    """Read a query; an empty one asks for everything.

    Raises
    ------
    QueryError
        It cannot be read, or names a field that is not known.
    """
    tokens: list[tuple[str, tuple[str, ...]]] = []
    at, given = 0, text.strip()
    while at < len(given):
        match = _TOKEN.match(given, at)
        if match is None or match.end() == at:
            raise QueryError(f"cannot be read at {given[at : at + 20]!r}")
        kind = match.lastgroup or ""
        tokens.append(("range", (match["low"], match["high"])) if kind == "high" else (kind, (match[kind],)))
        at = match.end()
    if len(tokens) > MOST_TERMS * 3:
        raise QueryError("is too long")
    node, rest = _either(tokens, 0, "", 0)
    if rest != len(tokens):
        raise QueryError("has a bracket too many")
    return node


_Tokens = Sequence[tuple[str, tuple[str, ...]]]


def _either(tokens: _Tokens, at: int, field: str, depth: int) -> tuple[Node, int]:
    if depth > 20:
        raise QueryError("has too many brackets")
    parts, at = [], at
    node, at = _all(tokens, at, field, depth)
    parts.append(node)
    while at < len(tokens) and tokens[at][0] == "or":
        node, at = _all(tokens, at + 1, field, depth)
        parts.append(node)
    return (parts[0] if len(parts) == 1 else Or(tuple(parts))), at


def _all(tokens: _Tokens, at: int, field: str, depth: int) -> tuple[Node, int]:
    parts: list[Node] = []
    while at < len(tokens) and tokens[at][0] not in ("or", "close"):
        if tokens[at][0] in ("and", "plus"):
            at += 1
            continue
        node, at = _one(tokens, at, field, depth)
        if node is not None:
            parts.append(node)
    return (parts[0] if len(parts) == 1 else And(tuple(parts))), at


def _one(tokens: _Tokens, at: int, field: str, depth: int) -> tuple[Node | None, int]:
    kind, values = tokens[at]
    if kind in ("not", "minus"):
        if at + 1 >= len(tokens):
            raise QueryError("ends after a minus")
        node, at = _one(tokens, at + 1, field, depth + 1)
        return (Not(node) if node is not None else None), at
    if kind == "open":
        inner, at = _either(tokens, at + 1, field, depth + 1)
        if at >= len(tokens) or tokens[at][0] != "close":
            raise QueryError("lacks a closing bracket")
        return inner, at + 1
    if kind == "field":
        name = values[0]
        if name == "*":
            return None, at + 2 if at + 1 < len(tokens) and tokens[at + 1][0] == "word" else at + 1
        if name not in FIELDS:
            raise QueryError(f"undefined field {name}")
        if at + 1 >= len(tokens):
            raise QueryError(f"says nothing after {name}:")
        return _one(tokens, at + 1, name, depth + 1)
    if kind == "range":
        if not field:
            raise QueryError("has a range without a field")
        return Range(field, values[0], values[1]), at + 1
    if kind in ("word", "phrase"):
        value = re.sub(r"\\(.)", r"\1", values[0])
        if value == "*" and kind == "word":
            return (None if not field else Range(field, "*", "*")), at + 1
        return Term(field, value), at + 1
    raise QueryError(f"cannot be read at {values[0]!r}")
