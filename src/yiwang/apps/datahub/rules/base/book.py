"""The rule book of one base database: fields, weights and ways of choosing, read from TOML or from a stored version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yiwang.apps.datahub.rules import masking

MASKS = ("", masking.HIDDEN, *masking.KINDS)
WAYS = ("rank", "newest", "complete", "frequent")
LEVELS = ("exact", "sound", "close", "differs")


class BookError(ValueError):
    """A rule book that cannot be followed; `where` names the place."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


@dataclass(frozen=True, kw_only=True)
class FieldRule:
    """One field of a golden record."""

    name: str
    label: Mapping[str, str]
    mask: str = ""
    strength: str = masking.MASK
    verify: bool = False

    def shown(self, value: str) -> str:
        """Return a value of this field for whoever has not asked for all of it."""
        return masking.shown(value, self.mask, self.strength)


@dataclass(frozen=True, kw_only=True)
class Book:
    """What a base database follows. Weights in bits (log2 of m over u)."""

    kind: str
    fields: tuple[FieldRule, ...]
    version: str
    prior: float
    auto: float
    review: float
    most_in_block: int
    bits: Mapping[str, Mapping[str, float]]
    survive: Mapping[str, tuple[str, ...]]

    def field(self, name: str) -> FieldRule:
        """Return a field by its name; KeyError when it has none such."""
        return next(f for f in self.fields if f.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields)

    def ways(self, field: str) -> tuple[str, ...]:
        return self.survive.get(field, self.survive["default"])


def parse(raw: Mapping[str, Any]) -> Book:
    """Return the book, or say what is wrong with it.

    Raises
    ------
    BookError
        A field, mask, weight or way that there is not.
    """
    fields = []
    for number, one in enumerate(raw.get("field", ())):
        where = f"field {one.get('name', number)}"
        if not str(one.get("name", "")).isidentifier() or "zh-Hans" not in one.get("label", {}):
            raise BookError(where, "a field has a name and a label")
        if one.get("mask", "") not in MASKS:
            raise BookError(where, f"mask is one of {', '.join(MASKS)}")
        if one.get("strength", masking.MASK) not in masking.STRENGTHS:
            raise BookError(where, f"strength is one of {', '.join(masking.STRENGTHS)}")
        fields.append(FieldRule(name=one["name"], label=dict(one["label"]), mask=one.get("mask", ""), strength=one.get("strength", masking.MASK), verify=bool(one.get("verify"))))
    names = {f.name for f in fields}
    if len(names) != len(fields) or not fields:
        raise BookError("field", "each field stands there once")
    compare = raw.get("compare", {})
    bits: dict[str, dict[str, float]] = {}
    for column, levels in compare.get("bits", {}).items():
        if set(levels) - set(LEVELS) or "exact" not in levels:
            raise BookError(f"compare.bits.{column}", f"levels are {', '.join(LEVELS)}")
        bits[column] = {level: float(weight) for level, weight in levels.items()}
    survive = {name: tuple(ways) for name, ways in raw.get("survive", {}).items()}
    for name, ways in survive.items():
        if (name != "default" and name not in names) or set(ways) - set(WAYS) or not ways:
            raise BookError(f"survive.{name}", f"ways are {', '.join(WAYS)}")
    if "default" not in survive:
        raise BookError("survive.default", "there is one")
    auto, review = float(compare.get("auto", 0)), float(compare.get("review", 0))
    if not auto > review:
        raise BookError("compare.auto", "lies above compare.review")
    return Book(
        kind=str(raw.get("kind", "")), fields=tuple(fields), version=str(compare.get("version", "1")), prior=float(compare.get("prior", 0)), auto=auto,
        review=review, most_in_block=int(compare.get("most_in_block", 60)), bits=bits, survive=survive,
    )  # fmt: skip
