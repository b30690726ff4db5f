"""The made world, for the data centre's tests."""

from tests.world import bare_world, world

__all__ = ["bare_world", "world"]
