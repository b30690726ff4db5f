"""What an app may declare, and who declared it. Importing a manifest is harmless: data and dotted names only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string, module_has_submodule

Label = Any  # str or a lazy translation


@dataclass(frozen=True, kw_only=True)
class Permission:
    """A named action. `public` ones are held by everybody, signed in or not.

    `office` says to which of the three administrators it belongs (三员: system, security, audit): nobody joins two of
    them, and who holds one of them holds no business by it. A `neutral` action neither shows nor changes business data
    (calendars, grids), so that an administrator's role may hold it as well.
    """

    code: str
    label: Label
    public: bool = False
    office: str = ""
    neutral: bool = False


@dataclass(frozen=True, kw_only=True)
class MenuEntry:
    """A line of the left rail. `net` is one of desk, governance, services, office, data, admin.

    `group` says where it stands when its net has many lines (work, looking, judging, pressing, ground): such groups fold.
    """

    label: Label
    url_name: str
    permission: str
    net: str = "governance"
    group: str = ""
    icon: str = "list"
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class MatterDecl:
    """A matter (事项) that ships with the app: its folder and the dotted names it hooks into the kernel's verbs."""

    code: str
    folder: str  # below the app's folder, say "matters/problem"
    hooks: str = ""  # dotted name of an object with the `MatterHooks` protocol of kernel.cases
    extra: str = ""  # dotted name of the typed 1:1 table's queries, if any


@dataclass(frozen=True, kw_only=True)
class MapLayer:
    code: str
    label: Label
    features: str  # dotted name: f(actor, bbox, zoom, **filters) -> GeoJSON dict
    permission: str
    # A layer that is also read as vector tiles and by OGC API - Features:
    source: str = ""  # dotted name: f(actor) -> geography.contracts.Source; empty: GeoJSON alone
    kind: str = "areas"  # how it is drawn: areas, lines, points, cases
    touched: str = ""  # under which code its changes are counted (geography.LayerTouch); empty: tiles are compared by content
    min_zoom: int = 0  # of tiles of 512 pixels; outside of both a tile is empty
    max_zoom: int = 16  # nearer, maps enlarge the tiles of this zoom
    group_below: int = 0  # points are counted in cells below this zoom
    page: str = ""  # url name of a feature's own page, which takes its uid
    shown: bool = False  # switched on when the map opens


@dataclass(frozen=True, kw_only=True)
class Indicator:
    code: str
    label: Label
    unit: str
    compute: str  # dotted name


@dataclass(frozen=True, kw_only=True)
class DataResource:
    code: str
    label: Label
    schema: str
    access: str = "internal"


@dataclass(frozen=True, kw_only=True)
class RoleDecl:
    """A role that ships with the platform: an administrator may change what it grants."""

    code: str
    label: Label
    permissions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AppManifest:
    code: str
    label: Label
    owner: str = ""
    tier: str = "bronze"
    depends_on: tuple[str, ...] = ()
    matters: tuple[MatterDecl, ...] = ()
    permissions: tuple[Permission, ...] = ()
    roles: tuple[RoleDecl, ...] = ()
    menu: tuple[MenuEntry, ...] = ()
    map_layers: tuple[MapLayer, ...] = ()
    map_pages: tuple[MenuEntry, ...] = ()  # pages that the map of everything links to
    indicators: tuple[Indicator, ...] = ()
    data_resources: tuple[DataResource, ...] = ()
    handlers: str = ""  # dotted module whose import registers named service steps
    ground: str = ""  # dotted name of an object with the `GroundUser` protocol of kernel.geography: what of the app's stands on grids and assets
    facts: str = ""  # dotted name of a kernel.indicators.contracts.FactColumns: what of the app's cases is counted
    boards: tuple[tuple[str, str], ...] = ()  # (name, dotted object with the `Board` protocol of kernel.exchange): numbers for the live stream
    # dotted functions f(connection) -> paths below the data folder of files that rows name and that never change: backups carry them
    kept: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()  # dotted functions without arguments that install shipped data; safe to repeat


_temporary: list[AppManifest] = []


@cache
def _installed() -> dict[str, AppManifest]:
    found: dict[str, AppManifest] = {}
    for config in apps.get_app_configs():
        if config.module is None or not config.name.startswith("yiwang."):
            continue
        if not module_has_submodule(config.module, "manifest"):
            continue
        manifest: AppManifest = import_module(f"{config.name}.manifest").MANIFEST
        if config.name.startswith("yiwang.apps.") and manifest.code != config.label:
            raise ImproperlyConfigured(f"{config.name}: manifest code {manifest.code!r} is not the app label")
        found[manifest.code] = manifest
    return found


def manifests() -> dict[str, AppManifest]:
    """Return every installed room's and app's manifest by code, in INSTALLED_APPS order."""
    return _installed() | {m.code: m for m in _temporary}


def permissions() -> dict[str, Permission]:
    return {p.code: p for m in manifests().values() for p in m.permissions}


def public_permissions() -> tuple[str, ...]:
    return tuple(p.code for p in permissions().values() if p.public)


def matter_decls() -> dict[str, tuple[AppManifest, MatterDecl]]:
    return {d.code: (m, d) for m in manifests().values() for d in m.matters}


@cache
def dotted(name: str) -> Any:
    """Import a dotted name once."""
    return import_string(name)


@contextmanager
def temporarily(manifest: AppManifest) -> Iterator[None]:
    """Install a manifest for one test."""
    _temporary.append(manifest)
    try:
        yield
    finally:
        _temporary.remove(manifest)
