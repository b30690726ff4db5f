"""The made world, for every test below."""

from tests.world import bare_world, world

__all__ = ["bare_world", "world"]
