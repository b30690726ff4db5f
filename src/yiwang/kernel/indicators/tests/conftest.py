"""The made world with its definitions, for every test below."""

from typing import Any

import pytest

from tests.world import bare_world, world
from yiwang.kernel.indicators.services import defining

__all__ = ["bare_world", "world"]


@pytest.fixture
def judged(world: Any) -> Any:
    """The world, with the indicators that ship loaded."""
    defining.load_shipped()
    return world


@pytest.fixture
def told(judged: Any) -> Any:
    """The world with somebody who evaluates and two months to judge (story.py)."""
    from yiwang.kernel.indicators.tests import story

    story.evaluator(judged)
    judged.assets["cases"] = story.tell(judged)
    return judged
