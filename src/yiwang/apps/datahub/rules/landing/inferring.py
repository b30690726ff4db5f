"""A first contract guessed from a file's texts: types, elements, personal values, required columns and a key, to be corrected by its bureau."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from yiwang.apps.datahub.rules.landing.headers import bare

_ID = re.compile(r"\d{17}[\dXx]|\d{15}")
_CREDIT = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_PHONE = re.compile(r"1[3-9]\d{9}")
_WHOLE, _NUMBER = re.compile(r"[+-]?\d{1,15}"), re.compile(r"[+-]?\d[\d,]*(\.\d+)?")
_DAY = re.compile(r"(19|20)\d\d([-/.年]\d{1,2}[-/.月]\d{1,2}日?|[01]\d[0-3]\d)")
_NAMES = {
    "姓名": "name", "公民身份号码": "id_number", "身份证号": "id_number", "身份证号码": "id_number", "性别": "sex", "出生日期": "birth_date", "住址": "address", "地址": "address",
    "联系电话": "phone", "手机": "phone", "手机号": "phone", "金额": "amount", "月金额": "amount", "备注": "note", "统一社会信用代码": "credit_code", "企业名称": "entity_name",
    "死亡日期": "died_on", "银行卡号": "bank_card", "村": "village", "街道": "street", "类别": "kind", "起始日期": "since", "截止日期": "until",
}  # fmt: skip
_PERSONAL = {"name": "name", "address": "address", "phone": "phone", "bank_card": "bank_card", "birth_date": "birth_date"}


def infer(headers: Sequence[str], rows: Sequence[Sequence[str | None]], *, dataset: str, name: str) -> str:
    """Return a contract as YAML. Every guess is from the rows given: a person looks at it before it holds."""
    columns, key = [], ""
    used: set[str] = set()
    for place, header in enumerate(headers):
        if not header.strip():
            continue
        texts = [str(row[place]).strip() for row in rows if place < len(row) and row[place] not in (None, "")]
        column = _column(header, texts, place, used, whole=len(texts) == len(rows) and bool(rows))
        if not key and column.get("required") and len(set(texts)) == len(texts) and (column.get("element") or column["type"] in ("string", "integer")):
            key = str(column["name"])
        columns.append(column)
    made: dict[str, Any] = {"dataset": dataset, "name": {"zh-Hans": name}, "landing": "replace", "cycle": "monthly", **({"key": [key]} if key else {}), "columns": columns}
    return str(yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=160))


def _column(header: str, texts: Sequence[str], place: int, used: set[str], *, whole: bool) -> dict[str, Any]:
    def all_like(pattern: re.Pattern[str]) -> bool:
        return bool(texts) and sum(bool(pattern.fullmatch(t)) for t in texts) >= 0.95 * len(texts)

    plain = bare(header)
    name = _NAMES.get(plain) or (plain if re.fullmatch(r"[a-z][a-z0-9_]{0,40}", plain) else f"column_{place + 1}")
    while name in used:
        name += "_2"
    used.add(name)
    column: dict[str, Any] = {"name": name, "label": header.strip(), "type": "string"}
    if all_like(_ID):
        column |= {"element": "identity_number", "personal": "id_number", "grade": 3}
    elif all_like(_CREDIT):
        column |= {"element": "credit_code"}
    elif all_like(_PHONE):
        column |= {"personal": "phone", "grade": 2}
    elif all_like(_DAY):
        column["type"] = "date"
    elif all_like(_WHOLE) and not any(len(t) > 1 and t.startswith("0") for t in texts):
        column["type"] = "integer"
    elif all_like(_NUMBER) and not any(re.fullmatch(r"0\d+", t) for t in texts):
        column |= {"type": "decimal", "decimals": 2}
    if name in _PERSONAL and "personal" not in column:
        column |= {"personal": _PERSONAL[name], "grade": 2}
    if whole:
        column["required"] = True
    return column
