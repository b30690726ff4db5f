"""Map layers for the sweeps: their codes are no secret, each names its permission; assets lie inside their readers' places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen
from yiwang.kernel.base import registry
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.geography.tests import specimens_addresses, specimens_desks, specimens_maps

NOT_LISTS = specimens_maps.NOT_LISTS | specimens_desks.NOT_LISTS | specimens_addresses.NOT_LISTS
fill = specimens_addresses.fill
WHOLE_BOX = "115.9,36.4,116.1,36.5"


def seen(reader: Reader, asset: Asset) -> bool:
    """Say whether a component lies where the reader may see it, and concerns his body where he is bound to one."""
    bodies = [o.path for o in (asset.keeper_org, asset.owner_org, asset.supervisor_org) if o]
    places = reader.places("geography.asset.view")
    return any(asset.area_path.startswith(area) and (not org or any(b.startswith(org) for b in bodies)) for area, org in places)


def kinds(made: Any) -> list[Kind]:
    rows = [Specimen(f"layer {layer.code}", {"code": layer.code}, lambda r, layer=layer: r.holds(layer.permission))
            for manifest in registry.manifests().values() for layer in manifest.map_layers]  # fmt: skip
    return [Kind("map layer", ("map/layers/<str:code>",), rows, {"code": "no.such"}, query=f"bbox={WHOLE_BOX}&zoom=16", known=True),
            *specimens_maps.kinds(seen), *specimens_desks.kinds(seen), *specimens_addresses.kinds()]  # fmt: skip


def lists(made: Any) -> list[Listing]:
    def wanted(reader: Reader, given: Mapping[str, str]) -> set[str]:
        rows = Asset.objects.select_related("keeper_org", "owner_org", "supervisor_org")
        return {
            str(asset.uid) for asset in rows
            if asset.status not in ("removed", "abandoned") and asset.class_code.startswith(given.get("class_code", "")) and seen(reader, asset)
        }  # fmt: skip

    def shown(answer: Any) -> list[str]:
        return [f["properties"]["uid"] for f in json.loads(answer.content)["features"]]

    return [Listing("assets on the map", "map_layer", shown, wanted, {"class_code": ("", "01", "0100")}, {"bbox": WHOLE_BOX, "zoom": "17"},
                    {"code": "geography.assets"}, readers=(None,)), *specimens_maps.lists(wanted), *specimens_desks.lists(wanted), *specimens_addresses.lists()]  # fmt: skip
