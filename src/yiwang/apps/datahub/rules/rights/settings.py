"""What data/rights.toml says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def shipped() -> Mapping[str, Any]:
    """Return the whole file, read once."""
    return tomllib.loads(files("yiwang.apps.datahub").joinpath("data/rights.toml").read_text(encoding="utf-8"))


def limit(name: str) -> int:
    return int(shipped()["limits"][name])


def register_name(code: str) -> Mapping[str, str] | str:
    """Return a register's name by language; the code itself for one that nobody named."""
    found: Mapping[str, str] | str = shipped()["registers"].get(code, code)
    return found


def field_name(code: str) -> Mapping[str, str] | str:
    found: Mapping[str, str] | str = shipped()["fields"].get(code, code)
    return found
