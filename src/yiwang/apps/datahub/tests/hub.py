"""Helpers of the data centre's tests: data sets with a contract, made without any service."""

from __future__ import annotations

import hashlib
from typing import Any

from yiwang.apps.datahub.models import ContractVersion, Dataset
from yiwang.apps.datahub.rules import contract as contracts

COLUMNS = """
columns:
  - {name: id_number, label: 公民身份号码, type: string, element: identity_number, required: true, personal: id_number, grade: 3}
  - {name: name, label: 姓名, type: string, element: person_name, required: true, personal: name, grade: 2}
  - {name: amount, label: 月金额, type: decimal, range: [0, 100000], unit: 元}
  - {name: since, label: 起始日期, type: date}
key: [id_number]
"""


def make_dataset(org: Any, code: str, name: str, *, text: str = "", **more: Any) -> Any:
    """Store a data set of the body with the first version of its contract."""
    area = org.area
    dataset = Dataset.objects.create(
        code=code, name={"zh-Hans": name, "en": code.replace("-", " ").capitalize()}, org=org, org_path=org.path, area_path=area.path if area else "", **more,
    )  # fmt: skip
    text = text or f"dataset: {code}\nname: {{zh-Hans: {name}}}\ncycle: monthly\n{COLUMNS}"
    body = contracts.parse(text).as_dict()
    dataset.contract = ContractVersion.objects.create(
        dataset=dataset, version=1, text=text, body=body, hash=hashlib.sha256(text.encode()).hexdigest()
    )
    dataset.save(update_fields=["contract"])
    return dataset
