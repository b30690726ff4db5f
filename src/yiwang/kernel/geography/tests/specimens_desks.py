"""The desks of components and grids for the sweeps: rows in three districts, of several bodies, one of each that has ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen, Write
from yiwang.kernel.areas.models import Area
from yiwang.kernel.geography.models import Asset, ResponsibilityGrid
from yiwang.kernel.geography.queries.beats import stamp_of

NOT_LISTS = {
    "components/bulk/": "the first twenty of the components list, for whoever may change them",
    "grids/change/": "the grids of one community, drawn as the background of an editor",
}
EDIT, EDIT_GRID = "geography.asset.edit", "geography.grid.edit"
_LINKS = {name: re.compile(rf'href="/{name}/([0-9a-f-]{{36}})/"') for name in ("components", "grids")}
Seen = Callable[[Reader, Asset], bool]


def _may(reader: Reader, asset: Asset) -> bool:
    bodies = [o.path for o in (asset.keeper_org, asset.owner_org, asset.supervisor_org) if o] or [""]
    return any(reader.may(EDIT, asset.area_path, path) for path in bodies)


def seen_beat(reader: Reader, grid: ResponsibilityGrid) -> bool:
    return reader.may("geography.beat.view", grid.area_path)


def kinds(seen: Seen) -> list[Kind]:
    assets = [
        Specimen(f"component {a.code}", {"uid": a.uid}, lambda r, a=a: seen(r, a), (a.code,), a)
        for a in Asset.objects.select_related("keeper_org", "owner_org", "supervisor_org").order_by("pk")[:8]
    ]
    grids = [
        Specimen(f"grid {a.code}", {"uid": a.uid}, lambda r, a=a: r.may(EDIT_GRID, a.path), (str(a.uid),), a)
        for code in ("371592", "371591", "371593") for a in Area.objects.filter(level="grid", code__startswith=code).order_by("code")[:1]
    ]  # fmt: skip
    beats = [
        Specimen(f"responsibility grid {g.code}", {"uid": g.uid}, lambda r, g=g: seen_beat(r, g), (str(g.uid),), g)
        for g in ResponsibilityGrid.objects.order_by("code")[:3]
    ]  # fmt: skip
    rename = Write(lambda s: {"do": "rename", "stamp": stamp_of(s.row), "name": "改名后的网格"}, "administrator", beats[0].label, lambda r, s: r.may(EDIT_GRID, s.row.area_path))
    change = Write(lambda s: {"do": "edit", "status": "damaged", "accuracy": "A"}, "administrator", assets[0].label, lambda r, s: seen(r, s.row) and _may(r, s.row))
    absent = {"uid": "01890000-0000-7000-8000-000000000000"}
    return [
        Kind("component", ("components/<uuid:uid>/",), assets, absent, {"components:change": change}),
        Kind("unit grid", ("grids/<uuid:uid>/",), grids, absent),
        Kind("responsibility grid", ("responsibility-grids/<uuid:uid>/",), beats, absent, {"beats:change": rename}),
    ]


def lists(wanted: Callable[[Reader, Mapping[str, str]], set[str]]) -> list[Listing]:
    def grids(reader: Reader, given: Mapping[str, str]) -> set[str]:
        """The first hundred by code, as the page shows them."""
        mine = [a for a in Area.objects.filter(level="grid", valid_to=None).order_by("code") if reader.may(EDIT_GRID, a.path)]
        return {str(a.uid) for a in mine[:100]}

    def walked(reader: Reader, given: Mapping[str, str]) -> set[str]:
        rows = ResponsibilityGrid.objects.filter(valid_to=None, **({"area__code": given["street"]} if given.get("street") else {})).order_by("code")
        return {str(g.uid) for g in rows if seen_beat(reader, g)}

    def shown(name: str) -> Callable[[Any], list[str]]:
        return lambda answer: list(dict.fromkeys(_LINKS[name].findall(answer.content.decode())))

    return [
        Listing("components", "components:list", shown("components"), wanted, {"class_code": ("", "01", "01001")}),
        Listing("unit grids", "grids:list", shown("grids"), grids),
        Listing("responsibility grids", "beats:list", lambda a: [r["row"].uid for r in a.context["rows"]], walked, {"street": ("", "371592001")}),
    ]
