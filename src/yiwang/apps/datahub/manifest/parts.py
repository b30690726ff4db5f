"""One subject's share of the manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yiwang.kernel.base.registry import MapLayer, MatterDecl, MenuEntry, Permission


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one subject declares. `roles` says which of its permissions a shipped role of the data centre grants."""

    permissions: tuple[Permission, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    menu: tuple[MenuEntry, ...] = ()
    matters: tuple[MatterDecl, ...] = ()
    map_layers: tuple[MapLayer, ...] = ()
    map_pages: tuple[MenuEntry, ...] = ()
    kept: tuple[str, ...] = ()  # see AppManifest.kept
    setup: tuple[str, ...] = ()
