"""Data sets that models make, for the sweeps."""

from __future__ import annotations

from typing import Any

from tests.sweeps.specimens import Kind, Specimen
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.rules.transforms.shipped import FOLDER, texts_in
from yiwang.apps.datahub.tests.hub import make_dataset

VIEW = "datahub.dataset.view"
NOT_LISTS = {"data/models/": "files of the installation by the data sets that the reader knows; held by test_transforming"}


def fill(world: Any) -> dict[str, Any]:
    texts = texts_in(FOLDER)
    make_dataset(world.orgs["bureau-civil"], "relief-by-town", "各镇街低保统计", text=texts["relief-by-town"])
    make_dataset(world.orgs["bureau-health"], "relief-and-pension", "同时领取低保和养老金", text=texts["relief-and-pension"])
    return {}


def kinds(made: Any) -> list[Kind]:
    sets = [
        Specimen(f"lineage of {d.code}", {"code": d.code}, lambda r, d=d: r.may(VIEW, d.area_path, d.org_path), (), d) for d in Dataset.objects.order_by("pk") if d.contract_id
    ]
    return [Kind("lineage of a data set", ("data/lineage/<slug:code>/",), sets, {"code": "never-was"})]


