"""Writes to shapes, grids, inspectors and assets."""

from yiwang.kernel.geography.queries.assets import EDIT as EDIT_ASSET
from yiwang.kernel.geography.services.assets import add_asset, set_asset_status
from yiwang.kernel.geography.services.beats import change_inspector, end_inspector, name_inspector, rename_grid
from yiwang.kernel.geography.services.components import (
    MOST_BULK,
    add_photos,
    bulk_edit,
    common_path,
    edit_asset,
    enter_asset,
    move_asset,
    set_ownership,
)
from yiwang.kernel.geography.services.grids import (
    assign_inspector,
    form_responsibility_grid,
    join_grids,
    release_inspector,
)
from yiwang.kernel.geography.services.gridwork import change_grids
from yiwang.kernel.geography.services.shapes import EDIT_GRID, measure_areas, set_shape

__all__ = [
    "EDIT_ASSET", "EDIT_GRID", "MOST_BULK", "add_asset", "add_photos", "assign_inspector", "bulk_edit", "change_grids", "change_inspector", "common_path", "edit_asset",
    "end_inspector", "enter_asset",
    "form_responsibility_grid", "join_grids", "measure_areas", "move_asset", "name_inspector",
    "release_inspector", "rename_grid", "set_asset_status", "set_ownership", "set_shape",
]  # fmt: skip
