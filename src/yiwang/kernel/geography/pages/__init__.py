"""Doors of the map: one module a topic; this one names those of places."""

from yiwang.kernel.geography.pages.places import find_layer, layer, place, search

__all__ = ["find_layer", "layer", "place", "search"]
