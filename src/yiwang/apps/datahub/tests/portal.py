"""Helpers of the tests of open data: rows as Parquet, sets that went through both people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from yiwang.apps.datahub.lake import folder_of
from yiwang.apps.datahub.models import Dataset, OpenSet
from yiwang.apps.datahub.services.opening import publishing
from yiwang.apps.datahub.tests.hub import make_dataset

TREES = """
columns:
  - {name: code, label: 编号, type: string, required: true}
  - {name: species, label: 树种, type: string}
  - {name: height, label: 树高, type: decimal, unit: 米}
  - {name: planted, label: 栽植日期, type: date}
  - {name: note, label: 备注, type: string}
  - {name: lon, label: 经度, type: decimal}
  - {name: lat, label: 纬度, type: decimal}
key: [code]
"""
SPECIES = ("国槐", "毛白杨", "悬铃木")


def trees(many: int = 30) -> pa.Table:
    import datetime as dt

    return pa.table({
        "code": [f"T{i:05d}" for i in range(many)], "species": [SPECIES[i % 3] for i in range(many)], "height": [round(3 + i % 17 + 0.5, 1) for i in range(many)],
        "planted": [dt.date(2010, 1, 1) + dt.timedelta(days=37 * i) for i in range(many)], "note": [None if i % 2 else ("=1+1" if i == 0 else "长势良好") for i in range(many)],
        "lon": [115.97 + i * 0.0001 for i in range(many)], "lat": [36.44 + i * 0.0001 for i in range(many)],
    })  # fmt: skip


def rows_into(dataset: Dataset, table: pa.Table) -> list[Path]:
    """Store rows where an installation keeps them, and return the files."""
    folder = folder_of(dataset.code) / "rows"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "part-0.parquet"
    pq.write_table(table, path)
    return [path]


def tree_dataset(world: Any, code: str = "open-trees", **more: Any) -> Dataset:
    text = f"dataset: {code}\nname: {{zh-Hans: 行道树}}\ncycle: monthly\n{TREES}"
    found: Dataset = make_dataset(
        world.orgs["bureau-greening"], code, "行道树", text=text, state="published", opening="unconditional", grade=1, cycle="monthly", **more
    )
    return found


def prepare(world: Any, dataset: Dataset, *, slug: str = "", table: pa.Table | None = None, who: str = "data_steward", **more: Any) -> Any:
    paths = rows_into(dataset, trees() if table is None else table)
    given: dict[str, Any] = {
        "slug": slug or dataset.code, "title": {"zh-Hans": "行道树", "en": "Street trees"}, "notes": {"zh-Hans": "城区道路两侧的树木。"}, "theme": "environment", "licence": "cc-by-4.0",
        "tags": ["树木", "绿化"], "recipe": dict.fromkeys(("code", "species", "height", "planted", "note", "lon", "lat"), "keep"), "paths": paths,
    }  # fmt: skip
    return publishing.prepare(world.actor(who), dataset, **(given | more))


def second(world: Any) -> Any:
    """Return somebody besides the usual steward who may release."""
    from yiwang.kernel.identity.models import Account, Holding

    account, new = Account.objects.get_or_create(username="steward-two", defaults={"name": "孙复"})
    if new:
        Holding.objects.create(account=account, post=world.people["data_steward"].post, area=world.city)
    from yiwang.kernel.identity.queries import actor_for

    return actor_for(account)


def open_trees(world: Any, code: str = "open-trees", **more: Any) -> OpenSet:
    """Return a set that is open: prepared by one, released by another."""
    version = prepare(world, tree_dataset(world, code), **more)
    return publishing.release(second(world), version, body="市委保密办", statement="不涉及国家秘密，同意公开。")
