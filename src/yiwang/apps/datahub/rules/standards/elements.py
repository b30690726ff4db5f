"""Data elements (数据元) after GB/T 19488 and ISO/IEC 11179: what a column means, in which form it is written, how it is graded."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

KINDS = ("string", "integer", "decimal", "date", "datetime", "boolean", "code", "geometry")
_FORMAT = re.compile(r"(?P<letters>an|a|n)(?P<upto>\.\.)?(?P<most>\d{1,5})(?:,(?P<decimals>\d{1,2}))?")
_DATES = {"YYYYMMDD": 8, "YYYY-MM-DD": 10, "YYYYMM": 6, "YYYY": 4, "YYYYMMDDhhmmss": 14}


@dataclass(frozen=True, kw_only=True)
class Element:
    """One element in one version. `codes` names a code list, `names` are column names by which it is known."""

    code: str
    name: str
    english: str = ""
    means: str = ""
    object: str = ""
    type: str = "string"
    format: str = ""
    codes: str = ""
    unit: str = ""
    personal: str = ""
    grade: int = 1
    synonyms: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    source: str = ""
    version: int = 1
    state: str = "standard"  # draft, standard, retired

    def as_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads back, without code, version and state."""
        left = ("code", "version", "state")
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items() if k not in left}


def from_dict(code: str, data: Mapping[str, Any], *, version: int = 1, state: str = "standard") -> Element:
    """Build an element from what is stored or shipped."""
    known: dict[str, Any] = {k: v for k, v in data.items() if k in Element.__dataclass_fields__ and k not in ("code", "version", "state")}
    known |= {k: tuple(str(x) for x in known.get(k, ())) for k in ("synonyms", "names")}
    return Element(code=code, version=version, state=state, **known)


@dataclass(frozen=True)
class Form:
    """What a format says: characters at least and at most, decimals; None where it says nothing."""

    least: int | None = None
    most: int | None = None
    decimals: int | None = None
    figures_only: bool = False


def form_of(text: str) -> Form | None:
    """Return what a format in the notation of GB/T 19488.1 says, None when it is none.

    >>> form_of("an18"), form_of("a..30").most, form_of("n..10,2").decimals, form_of("an..")
    (Form(least=18, most=18, decimals=None, figures_only=False), 30, 2, None)
    """
    if text in _DATES:
        return Form(least=_DATES[text], most=_DATES[text])
    found = _FORMAT.fullmatch(text)
    if found is None:
        return None
    most = int(found["most"])
    return Form(
        least=None if found["upto"] else most, most=most, decimals=int(found["decimals"]) if found["decimals"] else None, figures_only=found["letters"] == "n"
    )


def problems(element: Element) -> list[tuple[str, str]]:
    """Return (field, code) of what is wrong with a definition: name, type, format, grade, codes."""
    wrong = []
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,59}", element.code):
        wrong.append(("code", "form"))
    if not 1 <= len(element.name) <= 60:
        wrong.append(("name", "length"))
    if element.type not in KINDS:
        wrong.append(("type", "choice"))
    if element.format and form_of(element.format) is None:
        wrong.append(("format", "form"))
    if element.grade not in (1, 2, 3, 4):
        wrong.append(("grade", "choice"))
    if element.type == "code" and not element.codes:
        wrong.append(("codes", "required"))
    return wrong


@cache
def shipped() -> Mapping[str, Element]:
    """Return the elements of data/elements.toml."""
    data = tomllib.loads(files("yiwang.apps.datahub").joinpath("data/elements.toml").read_text(encoding="utf-8"))
    return {code: from_dict(code, row) for code, row in data.items()}
