"""What the room mapdata declares: files into layers and out of them (数据导入导出)."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MenuEntry

MANIFEST = AppManifest(
    code="mapdata",
    label=_("Layers and map files"),
    menu=(
        MenuEntry(label=_("Layers"), url_name="mapdata:layers", permission="geography.layer.view", net="governance", group="ground", icon="map-2", order=80),
        MenuEntry(label=_("Import of map files"), url_name="mapdata:imports", permission="geography.import", net="governance", group="ground", icon="upload", order=82),
    ),
)
