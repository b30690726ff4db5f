"""Reads of places: one point, addresses, assets nearby, and features for the map."""

from yiwang.kernel.geography.queries.assets import asset, asset_by_code, assets_near, visible_assets
from yiwang.kernel.geography.queries.geocoding import geocode, place_by_address
from yiwang.kernel.geography.queries.grids import grid_of, grids_of_inspector, inspectors_of
from yiwang.kernel.geography.queries.places import checked, place

__all__ = [
    "asset", "asset_by_code", "assets_near", "checked", "geocode", "grid_of", "grids_of_inspector", "inspectors_of", "place",
    "place_by_address", "visible_assets",
]  # fmt: skip
