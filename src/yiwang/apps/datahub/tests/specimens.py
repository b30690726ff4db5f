"""What the data centre tells the sweeps (tests/sweeps): one module for each subject, put together here."""

from __future__ import annotations

from typing import Any

from yiwang.apps.datahub.tests import (
    base_specimens,
    economy_specimens,
    forms_specimens,
    landing_specimens,
    opening_specimens,
    population_specimens,
    rights_specimens,
    share_specimens,
    sources_specimens,
    space_specimens,
    standards_specimens,
    transforms_specimens,
)

SUBJECTS: tuple[Any, ...] = (base_specimens, economy_specimens, forms_specimens, landing_specimens, opening_specimens, population_specimens, rights_specimens, share_specimens, sources_specimens, space_specimens, standards_specimens, transforms_specimens)
NOT_IDS = {route: why for subject in SUBJECTS for route, why in getattr(subject, "NOT_IDS", {}).items()}
NOT_LISTS = {route: why for subject in SUBJECTS for route, why in getattr(subject, "NOT_LISTS", {}).items()}
NUMBERS = {route: why for subject in SUBJECTS for route, why in getattr(subject, "NUMBERS", {}).items()}


def fill(world: Any) -> dict[str, Any]:
    """Make what the subjects need; each sees what those before it have made."""
    made: dict[str, Any] = {}
    for subject in SUBJECTS:
        if hasattr(subject, "fill"):
            made |= subject.fill(world)
    return made


def _all(name: str, made: Any) -> list[Any]:
    return [one for subject in SUBJECTS if hasattr(subject, name) for one in getattr(subject, name)(made)]


def kinds(made: Any) -> list[Any]:
    return _all("kinds", made)


def carried(made: Any) -> list[Any]:
    return _all("carried", made)


def lists(made: Any) -> list[Any]:
    return _all("lists", made)
