"""Writes of the indicator engine: facts, definitions, closed periods."""

from yiwang.kernel.indicators.services.facts import rebuild, refresh

__all__ = ["rebuild", "refresh"]
