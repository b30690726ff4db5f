"""Writes to shapes, grids, inspectors and assets."""

from yiwang.kernel.geography.services.assets import EDIT_ASSET, add_asset, set_asset_status
from yiwang.kernel.geography.services.grids import (
    assign_inspector,
    form_responsibility_grid,
    release_inspector,
)
from yiwang.kernel.geography.services.shapes import EDIT_GRID, measure_areas, set_shape

__all__ = [
    "EDIT_ASSET", "EDIT_GRID", "add_asset", "assign_inspector", "form_responsibility_grid", "measure_areas", "release_inspector",
    "set_asset_status", "set_shape",
]  # fmt: skip
