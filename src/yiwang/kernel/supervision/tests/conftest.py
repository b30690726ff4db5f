"""The made world, for every test below, and the rules as shipped."""

from pathlib import Path

import pytest

from tests.world import bare_world, world
from yiwang.kernel.supervision.queries import rulebook

__all__ = ["bare_world", "world"]
CITY_RULES = Path(__file__).parents[3] / "apps" / "city" / "data" / "warnings.toml"


@pytest.fixture
def rules(world):
    """Install the shipped rules for orders and for the city."""
    from yiwang.kernel.supervision.services import install_rules, install_shipped

    rulebook.forget()
    install_shipped()
    install_rules("city", CITY_RULES)
    yield
    rulebook.forget()
