"""What the room geography declares."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MapLayer, Permission

_FEATURES = "yiwang.kernel.geography.queries.features"
MANIFEST = AppManifest(
    code="geography",
    label=_("Map and places"),
    permissions=(
        # Borders and grids are no secret; what lies in the street (gas valves among it) is.
        Permission(code="geography.map.view", label=_("See borders and grids on the map"), public=True),
        Permission(code="geography.asset.view", label=_("See assets on the map"), neutral=True),
        Permission(code="geography.asset.edit", label=_("Change assets"), neutral=True),
        Permission(code="geography.grid.edit", label=_("Draw grids and assign inspectors"), neutral=True),
    ),
    map_layers=(
        MapLayer(code="geography.boundaries", label=_("Borders"), features=f"{_FEATURES}.boundaries",
                 permission="geography.map.view"),
        MapLayer(code="geography.unit_grids", label=_("Unit grids"), features=f"{_FEATURES}.unit_grids",
                 permission="geography.map.view"),
        MapLayer(code="geography.responsibility_grids", label=_("Responsibility grids"),
                 features=f"{_FEATURES}.responsibility_grids", permission="geography.map.view"),
        MapLayer(code="geography.assets", label=_("Assets"), features=f"{_FEATURES}.assets",
                 permission="geography.asset.view"),
    ),
    setup=("yiwang.kernel.geography.services.places.keep_sounds",),
)  # fmt: skip
