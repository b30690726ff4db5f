"""Shapes of areas, grids, assets and addresses (地理空间).

Everything is stored as EPSG:4326. CGCS2000 (EPSG:4490) differs from it by centimetres, less than the best accuracy
class of a component (A, 0.5 m), so it is stored under the same number and the root area's `crs` says what was meant.
"""

from yiwang.kernel.geography.contracts import SRID
from yiwang.kernel.geography.models.addresses import AddressKind, AddressPoint, PlaceKey, Road, Sound
from yiwang.kernel.geography.models.assets import Asset, AssetStatus, Ownership
from yiwang.kernel.geography.models.geocoding import GeocodeRun, RunState
from yiwang.kernel.geography.models.history import AssetPast, GridKind, GridPast
from yiwang.kernel.geography.models.layers import (
    Backing,
    CodeRule,
    Feature,
    GeometryKind,
    ImportBatch,
    ImportRow,
    ImportState,
    Layer,
    LayerTouch,
)
from yiwang.kernel.geography.models.shapes import AreaShape, GridInspector, ResponsibilityGrid, UnitGrid

__all__ = [
    "SRID", "AddressKind", "AddressPoint", "AreaShape", "Asset", "AssetPast", "AssetStatus", "Backing", "CodeRule",
    "Feature", "GeocodeRun", "GeometryKind", "GridInspector", "GridKind", "GridPast", "ImportBatch", "ImportRow",
    "ImportState", "Layer", "LayerTouch", "Ownership", "PlaceKey", "ResponsibilityGrid", "Road", "RunState", "Sound",
    "UnitGrid",
]  # fmt: skip
