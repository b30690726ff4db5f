"""What the portal knows beforehand (data/opening.toml): licences, themes, thresholds, sizes.

>>> theme("transport").eu, licence("cc0-1.0").url
('TRAN', 'https://creativecommons.org/publicdomain/zero/1.0/')
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[2] / "data" / "opening.toml"
# Names that stand below /open/ for pages of the portal itself.
RESERVED = frozenset({"promises", "use", "requests", "challenges", "terms", "console", "themes", "sets", "new"})
# EU vocabulary frequency (http://publications.europa.eu/resource/authority/frequency)
FREQUENCY = {
    "realtime": "UPDATE_CONT", "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "quarterly": "QUARTERLY", "yearly": "ANNUAL",
    "irregular": "IRREG",
}  # fmt: skip
# Days within which a promise of each cycle is kept, grace included.
PROMISED_DAYS = {"realtime": 1, "daily": 2, "weekly": 9, "monthly": 35, "quarterly": 100, "yearly": 380}


@dataclass(frozen=True)
class Theme:
    id: str
    title: Mapping[str, str]
    eu: str
    icon: str


@dataclass(frozen=True)
class Licence:
    id: str
    title: Mapping[str, str]
    url: str


@lru_cache(maxsize=1)
def _all() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def themes() -> dict[str, Theme]:
    return {row["id"]: Theme(row["id"], row["title"], row["eu"], row["icon"]) for row in _all()["theme"]}


@lru_cache(maxsize=1)
def licences() -> dict[str, Licence]:
    return {row["id"]: Licence(row["id"], row["title"], row["url"]) for row in _all()["licence"]}


def theme(code: str) -> Theme:
    return themes().get(code) or Theme(code, {"zh-Hans": code, "en": code}, "OP_DATPRO", "folder")


def licence(code: str) -> Licence:
    return licences().get(code) or Licence(code, {"zh-Hans": code, "en": code}, "")


def privacy() -> Mapping[str, Any]:
    return _all()["privacy"]


def files() -> Mapping[str, int]:
    return _all()["files"]


def answers() -> Mapping[str, int]:
    return _all()["answers"]
