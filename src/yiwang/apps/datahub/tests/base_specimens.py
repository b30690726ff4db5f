"""Data sets for the sweeps: of several bureaus, in every state."""

from __future__ import annotations

from typing import Any

from yiwang.apps.datahub.tests.hub import make_dataset


def fill(world: Any) -> dict[str, Any]:
    return {
        "relief": make_dataset(
            world.orgs["bureau-civil"], "civil-relief", "低保对象", state="published", grade=3, base="population"
        ),
        "vaccination": make_dataset(
            world.orgs["bureau-health"], "health-vaccination", "预防接种", state="published", grade=3
        ),
        "trees": make_dataset(
            world.orgs["bureau-greening"],
            "street-trees",
            "行道树",
            state="published",
            grade=1,
            sharing="unconditional",
            opening="unconditional",
        ),
        "drafted": make_dataset(world.orgs["bureau-civil"], "civil-draft", "未发布的目录", state="draft"),
    }
