"""The dictionary of components and matters (部件和事项分类代码, GB/T 47678.5-2026) with its older generations as aliases.

The tables are data (`data/*.csv`); this module only reads and derives. The key of a class is (kind, code): component
01001 (供水井盖) and matter 01001 (供水井盖异常) share their number. Matters 01001-05009 are derived, never typed.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from yiwang.apps.city.rules.texts import both

DATA_DIR = Path(__file__).resolve().parents[1] / "data"
STANDARD_2026 = "GB/T 47678.5-2026"
STANDARD_2013 = "GB/T 30428.2-2013"
STANDARD_2007 = "CJ/T 214-2007"
LOCAL_2013 = "local extension of GB/T 30428.2-2013"
LAST_COMPONENT_MAJOR = "05"


class Kind(StrEnum):
    """部件 or 事项."""

    COMPONENT = "component"
    MATTER = "matter"


class Confidence(StrEnum):
    """How sure an alias is: the old number was read, follows from the order of a list, or is assumed."""

    READ = "read"
    LISTED = "listed"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, kw_only=True)
class ProblemClass:
    """One minor class (小类). `code` is 2 digits major + 3 digits minor; dates are inclusive, None = open."""

    standard_ref: str
    kind: Kind
    code: str
    name: Mapping[str, str]
    geometry: str = ""  # point | line | polygon, components only
    accuracy: str = ""  # A 0.5 m | B 1 m | C 10 m mean error, components only
    valid_from: date | None = None
    valid_to: date | None = None
    is_extension: bool = False
    derived_from: str = ""  # the component code a derived matter comes from

    @property
    def major(self) -> str:
        return self.code[:2]

    def is_active(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, kw_only=True)
class Major:
    standard_ref: str
    kind: Kind
    code: str
    name: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Alias:
    """An old number. `to_kind` and `code` are empty when 2026 has no row; then a person chooses the class."""

    standard_ref: str
    kind: Kind
    old_code: str
    old_name: str
    to_kind: Kind | None
    code: str
    confidence: Confidence
    note: str = ""


def derived_matter(component: ProblemClass) -> ProblemClass:
    """Return the matter that stands for any fault of the component: same number, name + 异常.

    Letters at the end of a name stay at the end, as the standard writes it.

    >>> sos = ProblemClass(standard_ref="x", kind=Kind.COMPONENT, code="01066", name=both("紧急报警点SOS", "SOS point"))
    >>> derived_matter(sos).name["zh-Hans"], derived_matter(sos).name["en"]
    ('紧急报警点异常SOS', 'SOS point: fault')
    """
    zh = component.name["zh-Hans"]
    match = re.fullmatch(r"(.*?)([A-Za-z]+)", zh)
    name = f"{match[1]}异常{match[2]}" if match else f"{zh}异常"
    return ProblemClass(
        standard_ref=component.standard_ref,
        kind=Kind.MATTER,
        code=component.code,
        name=both(name, f"{component.name['en']}: fault"),
        valid_from=component.valid_from,
        valid_to=component.valid_to,
        is_extension=component.is_extension,
        derived_from=component.code,
    )


@dataclass(frozen=True)
class Dictionary:
    """Classes by (kind, code), aliases by (standard, kind, old code)."""

    classes: Mapping[tuple[Kind, str], ProblemClass]
    aliases: Mapping[tuple[str, Kind, str], Alias]
    majors: Mapping[tuple[str, Kind, str], Major] = field(default_factory=dict)

    def get(self, kind: Kind | str, code: str, *, on: date | None = None) -> ProblemClass | None:
        """Return a class, or None when there is none (or none active on that day)."""
        found = self.classes.get((Kind(kind), code))
        return found if found and (on is None or found.is_active(on)) else None

    def of_kind(self, kind: Kind, *, extensions: bool = True) -> Iterator[ProblemClass]:
        return (c for (k, _), c in self.classes.items() if k is kind and (extensions or not c.is_extension))

    def major_name(self, kind: Kind, code: str, standard: str = STANDARD_2026) -> Mapping[str, str]:
        found = self.majors.get((standard, kind, code[:2]))
        return found.name if found else {}

    def alias(self, standard: str, kind: Kind | str, old_code: str) -> Alias | None:
        """Return where an old number went; the local extensions of 2013 are looked up with the 2013 numbers.

        The generation must be known: majors 04 and 05 of events swap their meaning between 2007 and 2013, so a bare
        number is never looked up.
        """
        key = old_code.zfill(4)
        found = self.aliases.get((standard, Kind(kind), key))
        if found is None and standard == STANDARD_2013:
            found = self.aliases.get((LOCAL_2013, Kind(kind), key))
        return found

    def resolve(self, standard: str, kind: Kind | str, old_code: str) -> ProblemClass | None:
        """Return today's class of an old number, or None."""
        found = self.alias(standard, kind, old_code)
        return self.classes.get((found.to_kind, found.code)) if found and found.to_kind else None


def build(classes: Iterable[Mapping[str, str]], aliases: Iterable[Mapping[str, str]],
          majors: Iterable[Mapping[str, str]] = ()) -> Dictionary:
    """Build a dictionary from CSV rows and add the derived matters.

    Raises ValueError naming the row when a code comes twice or an alias points at a class that does not exist.
    """
    table: dict[tuple[Kind, str], ProblemClass] = {}

    def add(row: ProblemClass) -> None:
        if (row.kind, row.code) in table:
            raise ValueError(f"class {row.kind} {row.code} comes twice")
        table[row.kind, row.code] = row

    for raw in classes:
        row = ProblemClass(
            standard_ref=raw["standard_ref"],
            kind=Kind(raw["kind"]),
            code=raw["code"],
            name=both(raw["name_zh"], raw["name_en"]),
            geometry=raw["geometry"],
            accuracy=raw["accuracy"],
            valid_from=_day(raw["valid_from"]),
            valid_to=_day(raw["valid_to"]),
            is_extension=raw["is_extension"] == "1",
        )
        add(row)
        if row.kind is Kind.COMPONENT:
            add(derived_matter(row))
    old: dict[tuple[str, Kind, str], Alias] = {}
    for raw in aliases:
        alias = Alias(
            standard_ref=raw["standard_ref"],
            kind=Kind(raw["kind"]),
            old_code=raw["old_code"],
            old_name=raw["old_name_zh"],
            to_kind=Kind(raw["to_kind"]) if raw["to_kind"] else None,
            code=raw["code"],
            confidence=Confidence(raw["confidence"]),
            note=raw["note"],
        )
        key = (alias.standard_ref, alias.kind, alias.old_code)
        if key in old:
            raise ValueError(f"alias {key} comes twice")
        if alias.to_kind and (alias.to_kind, alias.code) not in table:
            raise ValueError(f"alias {key} points at the unknown class {alias.to_kind} {alias.code}")
        old[key] = alias
    named = {
        (m["standard_ref"], Kind(m["kind"]), m["code"]): Major(
            standard_ref=m["standard_ref"], kind=Kind(m["kind"]), code=m["code"], name=both(m["name_zh"], m["name_en"])
        )
        for m in majors
    }
    return Dictionary(classes=table, aliases=old, majors=named)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def rows(name: str) -> list[dict[str, str]]:
    """Read one shipped CSV file of `data/` as dicts."""
    with (DATA_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def shipped() -> Dictionary:
    """Return the dictionary that ships with the platform (read once)."""
    return build([*rows("component_classes"), *rows("matter_classes")], rows("class_aliases"), rows("majors"))
