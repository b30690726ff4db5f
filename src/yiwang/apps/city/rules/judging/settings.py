"""The figures by which work is judged, as they are shipped (data/judging.toml)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """Return {subject: its figures}."""
    return tomllib.loads(files("yiwang.apps.city").joinpath("data/judging.toml").read_text(encoding="utf-8"))
