"""What the room geography declares."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MapLayer, MenuEntry, Permission

_FEATURES = "yiwang.kernel.geography.queries.features"
_SOURCES = "yiwang.kernel.geography.queries.sources"
MANIFEST = AppManifest(
    code="geography",
    label=_("Map and places"),
    permissions=(
        # Borders and grids are no secret; what lies in the street (gas valves among it) is.
        Permission(code="geography.map.view", label=_("See borders and grids on the map"), public=True),
        Permission(code="geography.asset.view", label=_("See assets on the map"), neutral=True),
        Permission(code="geography.asset.edit", label=_("Change assets"), neutral=True),
        Permission(code="geography.grid.edit", label=_("Draw grids and assign inspectors"), neutral=True),
        Permission(code="geography.beat.view", label=_("See responsibility grids and who walks them"), neutral=True),
        Permission(code="geography.layer.view", label=_("See the layers of the ground"), neutral=True),
        Permission(code="geography.layer.edit", label=_("Change rows of the layers of the ground"), neutral=True),
        Permission(code="geography.layer.define", label=_("Define layers"), neutral=True),
        Permission(code="geography.import", label=_("Bring files into layers"), neutral=True),
        Permission(code="geography.geocode", label=_("Look up addresses, also whole files")),
        Permission(code="geography.export", label=_("Take layers out as files"), neutral=True),
    ),
    menu=(
        MenuEntry(label=_("Map of everything"), url_name="map_whole", permission="geography.map.view", net="governance", group="looking", icon="map-2", order=42),
        MenuEntry(label=_("Component register"), url_name="components:list", permission="geography.asset.view", net="governance", group="ground", icon="lamp", order=62),
        MenuEntry(label=_("Address matching"), url_name="addresses:lookup", permission="geography.geocode", net="governance", group="ground", icon="map-search", order=66),
        MenuEntry(label=_("Unit grids"), url_name="grids:list", permission="geography.grid.edit", net="governance", group="ground", icon="grid-dots", order=64),
        MenuEntry(label=_("Responsibility grids"), url_name="beats:list", permission="geography.beat.view", net="governance", group="ground", icon="users-group", order=65),
    ),
    map_layers=(
        MapLayer(code="geography.boundaries", label=_("Borders"), features=f"{_FEATURES}.boundaries",
                 permission="geography.map.view", source=f"{_SOURCES}.boundaries", touched="boundaries", max_zoom=14, shown=True),
        MapLayer(code="geography.responsibility_grids", label=_("Responsibility grids"), features=f"{_FEATURES}.responsibility_grids",
                 permission="geography.map.view", source=f"{_SOURCES}.responsibility_grids", touched="responsibility_grids", min_zoom=10),
        MapLayer(code="geography.unit_grids", label=_("Unit grids"), features=f"{_FEATURES}.unit_grids",
                 permission="geography.map.view", source=f"{_SOURCES}.unit_grids", touched="unit_grids", min_zoom=13),
        MapLayer(code="geography.roads", label=_("Roads"), features="yiwang.kernel.geography.queries.plain.roads",
                 permission="geography.map.view", source=f"{_SOURCES}.roads", kind="lines", touched="roads", min_zoom=9, shown=True),
        MapLayer(code="geography.addresses", label=_("Addresses"), features="yiwang.kernel.geography.queries.plain.addresses",
                 permission="geography.map.view", source=f"{_SOURCES}.addresses", kind="points", touched="addresses", min_zoom=15),
        MapLayer(code="geography.assets", label=_("Assets"), features=f"{_FEATURES}.assets", permission="geography.asset.view",
                 source=f"{_SOURCES}.assets", kind="points", touched="assets", group_below=15, page="components:one"),
    ),
    setup=("yiwang.kernel.geography.services.layers.install_layers", "yiwang.kernel.geography.services.places.keep_sounds",),
)  # fmt: skip
