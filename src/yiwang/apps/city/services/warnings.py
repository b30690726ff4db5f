"""Installing the city's shipped warning rules (预警规则); those edited here stay."""

from pathlib import Path

from yiwang.kernel.supervision.services import install_rules

FILE = Path(__file__).parent.parent / "data" / "warnings.toml"


def load_warnings() -> int:
    """Install the rules that ship with the app; returns the version in force."""
    return install_rules("city", FILE)
