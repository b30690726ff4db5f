"""Entries of the catalogue as values: what they must say, how two differ, how they are found, when they are late.

Core metadata after GB/T 21063.3-2007 (核心元数据) and 政务信息资源目录编制指南(试行) of 2017.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pypinyin import Style, lazy_pinyin

# Field of an entry -> its Chinese name in exports (GB/T 21063.3 and the guide of 2017). The order is that of the sheet.
FIELDS: dict[str, str] = {
    "code": "资源标识", "number": "信息资源代码", "name": "信息资源名称", "name_en": "英文名称", "abstract": "信息资源摘要", "provider": "信息资源提供方",
    "provider_code": "提供方代码", "theme": "主题分类", "base": "基础信息资源分类", "keywords": "关键字", "format": "信息资源格式", "sharing": "共享类型",
    "sharing_reason": "共享条件", "ways": "共享方式", "opening": "是否向社会开放", "opening_reason": "开放条件", "grade": "数据分级", "cycle": "更新周期",
    "network": "所在网络", "source_system": "所属信息系统", "items": "关联政务服务事项", "scene": "应用场景", "contact": "联系方式", "sources": "关联资源代码",
}  # fmt: skip
LISTS = ("keywords", "ways", "items", "sources")
WAYS = ("api", "table", "file", "query")
_LEGAL = re.compile(r"法|条例|规定|办法|决定|令|政策")


def missing(values: Mapping[str, Any], *, has_contract: bool) -> tuple[str, ...]:
    """Return what an entry lacks before it may be handed in: names of fields, `contract` for its columns, `law` for a ban without law.

    A set that is not shared needs a law, a decree or a policy as its basis (政务数据共享条例); a conditional one its condition.

    Examples
    --------
    >>> missing({"name": "低保对象", "abstract": "在册对象", "sharing": "none", "sharing_reason": "内部"}, has_contract=True)
    ('theme', 'cycle', 'ways', 'contact', 'law')
    """
    wanted = ["name", "abstract", "theme", "cycle", "ways", "contact"]
    lacks = [name for name in wanted if not values.get(name)]
    if values.get("sharing") == "none":
        lacks = [name for name in lacks if name != "ways"] if values.get("sharing_reason") and _LEGAL.search(str(values["sharing_reason"])) else [*lacks, "law"]
    elif values.get("sharing") == "conditional" and not values.get("sharing_reason"):
        lacks.append("sharing_reason")
    if not has_contract:
        lacks.append("contract")
    return tuple(lacks)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the fields that say something else, in the order of `FIELDS`.

    Examples
    --------
    >>> difference({"name": "a", "grade": 2}, {"name": "a", "grade": 3})
    [{'field': 'grade', 'before': 2, 'after': 3}]
    """
    return [
        {"field": name, "before": before.get(name), "after": after.get(name)} for name in FIELDS if name in after and (before.get(name) or "") != (after.get(name) or "")
    ]


def search_text(names: Sequence[str]) -> str:
    """Return what a search looks in: the words, their pinyin without blanks, their initials.

    Examples
    --------
    >>> search_text(["低保对象"])
    '低保对象 dibaoduixiang dbdx'
    """
    found: list[str] = []
    for name in names:
        if text := " ".join(str(name).split()).lower():
            found.append(text)
            if re.search("[一-鿿]", text):
                found += ["".join(lazy_pinyin(text)).replace(" ", ""), "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).replace(" ", "")]
    return " ".join(dict.fromkeys(found))


def late_by(cycle: str, landed_at: datetime | None, now: datetime, days: Mapping[str, int]) -> timedelta | None:
    """Return by how much a set is late; zero or less while it is on time; None when it never came or has no cycle."""
    if landed_at is None or cycle not in days:
        return None
    return now - landed_at - timedelta(days=days[cycle])
