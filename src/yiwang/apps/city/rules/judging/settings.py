"""The figures by which work is judged, as they are shipped (data/judging.toml)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

CHOICES: Mapping[str, tuple[str, ...]] = {
    "channels": ("public", "hotline", "12345", "open311", "media", "leader", "inspector", "mail", "sms", "chat"),
}
SHARES = ("closing", "on_time", "ownership")


def is_share(name: str, value: object) -> bool:
    """Say whether a figure is a share of 1.

    >>> is_share("second_share", 0.05), is_share("sample_size", 100)
    (True, False)
    """
    return not isinstance(value, bool) and (name.endswith("_share") or name in SHARES)


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """Return {subject: its figures}."""
    return tomllib.loads(files("yiwang.apps.city").joinpath("data/judging.toml").read_text(encoding="utf-8"))
