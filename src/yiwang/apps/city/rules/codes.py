"""Codes of components, matters and unit grids (部件标识码, 事项代码, 单元网格标识码): parse, build, check.

Lengths differ by generation: component 16 (CJ/T 214-2007, GB/T 30428.2-2013) and 17 (GB/T 47678.5-2026); matter 10
and 11; unit grid 15, with 14 (CJ/T 213-2005) and 16 (a vendor's) accepted on import, converted and never emitted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from yiwang.apps.city.rules.dictionary import (
    STANDARD_2007,
    STANDARD_2013,
    STANDARD_2026,
    Dictionary,
    Kind,
    ProblemClass,
)
from yiwang.apps.city.rules.texts import Texts, both, fill

Level = Literal["error", "warning", "notice"]
GRID_PATTERN = r"[0-9A-Z]{15}"  # one consumer of the 2026 standard allows letters; the Beijing rule digits only
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(3**i % 31 for i in range(17))

TEXTS: Mapping[str, Texts] = {
    "C01": both("部件标识码“{code}”应为17位数字（2013、2007年代码为16位）",
                "The component code “{code}” must have 17 digits (16 in the 2013 and 2007 generations)"),
    "C02": both("部件标识码前6位{found}与所在区县代码{expected}不一致",
                "The first 6 digits {found} of the component code are not the district's code {expected}"),
    "C03": both("部件小类代码{found}在{standard}中不存在或已停用",
                "The component class {found} does not exist in {standard} or is no longer in use"),
    "C06": both("统一社会信用代码“{code}”校验不通过", "The unified social credit code “{code}” fails its check character"),
    "M01": both("事项代码“{code}”应为11位数字，前6位为区县代码，后5位为有效事项小类",
                "The matter code “{code}” must be 11 digits: 6 of the district, 5 of an active matter class"),
    "G01": both("单元网格标识码“{code}”应为15位", "The unit grid code “{code}” must have 15 characters"),
    "G01-twice": both("单元网格标识码“{code}”已被另一现行网格使用", "The unit grid code “{code}” is used by another live grid"),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check that did not pass. `rule` is the id of the check (C01, M01, G01 ...), `facts` fill its text."""

    rule: str
    level: Level = "error"
    facts: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = "zh-Hans") -> str:
        return fill(TEXTS[self.rule], self.facts, language)


@dataclass(frozen=True, kw_only=True)
class ComponentCode:
    """A component code taken apart. `minor` has 3 digits from 2026 on, 2 before."""

    district: str
    major: str
    minor: str
    sequence: int
    generation: Literal[2026, 2013]  # 2007 and 2013 look the same: the record says which

    @property
    def class_code(self) -> str:
        return self.major + self.minor

    def __str__(self) -> str:
        return f"{self.district}{self.major}{self.minor}{self.sequence:06d}"


@dataclass(frozen=True, kw_only=True)
class GridCode:
    """A unit grid code: county 6, street 3, community 3, sequence 3."""

    district: str
    street: str
    community: str
    sequence: str

    def __str__(self) -> str:
        return self.district + self.street + self.community + self.sequence

    @property
    def street_code(self) -> str:
        return self.district + self.street

    @property
    def community_code(self) -> str:
        return self.street_code + self.community


def parse_component(code: str) -> ComponentCode | None:
    """Take a component code apart; None when it is neither 17 nor 16 digits (C01).

    >>> parse_component("37159101001000042").class_code
    '01001'
    """
    if re.fullmatch(r"[0-9]{17}", code):
        return ComponentCode(district=code[:6], major=code[6:8], minor=code[8:11], sequence=int(code[11:]), generation=2026)
    if re.fullmatch(r"[0-9]{16}", code):
        return ComponentCode(district=code[:6], major=code[6:8], minor=code[8:10], sequence=int(code[10:]), generation=2013)
    return None


def component_code(district: str, class_code: str, sequence: int) -> str:
    """Build a 2026 component code. Raises ValueError when a part has the wrong length or the sequence is used up."""
    if not re.fullmatch(r"[0-9]{6}", district) or not re.fullmatch(r"[0-9]{5}", class_code) or not 1 <= sequence <= 999_999:
        raise ValueError(f"cannot build a component code of {district!r}, {class_code!r}, {sequence}")
    return f"{district}{class_code}{sequence:06d}"


def matter_code(district: str, class_code: str) -> str:
    """Build a matter code (事项代码): a class code that many cases share, never the key of a case."""
    if not re.fullmatch(r"[0-9]{6}", district) or not re.fullmatch(r"[0-9]{5}", class_code):
        raise ValueError(f"cannot build a matter code of {district!r}, {class_code!r}")
    return district + class_code


def component_class(parsed: ComponentCode, book: Dictionary, *, standard: str = STANDARD_2013,
                    on: date | None = None) -> ProblemClass | None:
    """Return the class a code names; a 16-digit code is looked up in the generation given."""
    if parsed.generation == 2026:
        return book.get(Kind.COMPONENT, parsed.class_code, on=on)
    found = book.resolve(standard, Kind.COMPONENT, parsed.class_code)
    return found if found and found.kind is Kind.COMPONENT else None


def check_component(code: str, *, district: str, book: Dictionary, standard: str = STANDARD_2013,
                    on: date | None = None) -> list[Finding]:
    """Check C01-C03. `district` is the 6-digit code of the district polygon that holds the point.

    An empty list means that the code is right. A code of the wrong length gets C01 alone.
    """
    parsed = parse_component(code)
    if parsed is None:
        return [Finding(rule="C01", facts={"code": code})]
    findings = []
    if parsed.district != district:
        findings.append(Finding(rule="C02", facts={"found": parsed.district, "expected": district}))
    if component_class(parsed, book, standard=standard, on=on) is None:
        named = STANDARD_2026 if parsed.generation == 2026 else standard
        findings.append(Finding(rule="C03", facts={"found": parsed.class_code, "standard": named}))
    return findings


def check_matter(code: str, *, district: str, book: Dictionary, on: date | None = None) -> list[Finding]:
    """Check M01; classes 01-05 are the derived ones."""
    good = (
        re.fullmatch(r"[0-9]{11}", code) is not None
        and code[:6] == district
        and book.get(Kind.MATTER, code[6:], on=on) is not None
    )
    return [] if good else [Finding(rule="M01", facts={"code": code})]


def check_grid(code: str, *, live: bool = False, pattern: str = GRID_PATTERN) -> list[Finding]:
    """Check G01: the pattern, and that no other live grid has the code (`live`)."""
    if not re.fullmatch(pattern, code):
        return [Finding(rule="G01", facts={"code": code})]
    return [Finding(rule="G01-twice", facts={"code": code})] if live else []


def parse_grid(code: str) -> GridCode | None:
    """Take a 15-character unit grid code apart; None when it is none."""
    if not re.fullmatch(GRID_PATTERN, code):
        return None
    return GridCode(district=code[:6], street=code[6:9], community=code[9:12], sequence=code[12:])


def import_grid(code: str) -> GridCode | None:
    """Accept 14, 15 or 16 digits of another system and return today's form; None when it cannot be converted.

    14 (CJ/T 213-2005): 6+3+3+2, the sequence gets a zero. 16 (a vendor's): 6+4+3+3; the street's leading zero goes,
    and a street that needs all four digits cannot be converted.

    >>> str(import_grid("37159100100207")), str(import_grid("3715910001002007"))
    ('371591001002007', '371591001002007')
    """
    text = code.strip()
    if len(text) == 15:
        return parse_grid(text)
    if re.fullmatch(r"[0-9]{14}", text):
        return GridCode(district=text[:6], street=text[6:9], community=text[9:12], sequence="0" + text[12:])
    if re.fullmatch(r"[0-9]{6}0[0-9]{9}", text):
        return GridCode(district=text[:6], street=text[7:10], community=text[10:13], sequence=text[13:])
    return None


def credit_check_character(body: str) -> str:
    """Return the 18th character of a unified social credit code (GB 32100). `body` is its first 17."""
    total = sum(CREDIT_ALPHABET.index(c) * w for c, w in zip(body, _CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def check_credit_code(code: str) -> list[Finding]:
    """Check C06: 18 characters of the alphabet without I, O, S, V, Z, and the check character."""
    if re.fullmatch(f"[{CREDIT_ALPHABET}]{{18}}", code) and credit_check_character(code[:17]) == code[17]:
        return []
    return [Finding(rule="C06", facts={"code": code})]


def generation_name(length: int) -> tuple[str, ...]:
    """Return the standards a component code of this length may follow."""
    return {17: (STANDARD_2026,), 16: (STANDARD_2013, STANDARD_2007)}.get(length, ())
