"""The time limits and bounds of sharing in force."""

import tomllib
from pathlib import Path
from typing import Any

from yiwang.apps.datahub.models.share import SharingSettings

SHIPPED = Path(__file__).parents[2] / "data" / "sharing.toml"


def shipped() -> dict[str, Any]:
    """Return the figures as they ship."""
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def in_force() -> dict[str, Any]:
    """Return the latest version's figures; those that ship while nobody has installed any."""
    found = SharingSettings.objects.order_by("-version").first()
    return found.values if found is not None else shipped()
