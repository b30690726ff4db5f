"""The made world for the room's tests."""

from tests.world import world

__all__ = ["world"]
