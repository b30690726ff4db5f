"""Rows of a sheet that are no data: totals, notes, repeated headers (合计行, 备注行)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from yiwang.apps.datahub.rules.landing.headers import plain

_TOTAL = re.compile(r"(合计|总计|小计|共计|累计|total|subtotal|sum)[:：]?.{0,12}", re.IGNORECASE)
_NOTE = re.compile(r"(注|备注|说明|制表|填表|填报|审核|单位负责人|负责人|联系人|联系电话|数据来源|统计时间)")


def kind_of(texts: Sequence[object], headers: Sequence[object]) -> str:
    """Return "total", "note", "header" or "" for a row that does not keep the contract.

    >>> kind_of(["合 计", None, "1,200"], ["姓名", "证号", "金额"]), kind_of(["注：数据截至 5 月", None, None], ["姓名", "证号", "金额"])
    ('total', 'note')
    >>> kind_of(["姓名", "证号", "金额"], ["姓名", "证号", "金额"]), kind_of(["王伟", None, "1"], ["姓名", "证号", "金额"])
    ('header', '')
    """
    cells = [plain(t) for t in texts]
    filled = [c for c in cells if c]
    if not filled:
        return "blank"
    if len(filled) > 1 and cells == [plain(h) for h in headers][: len(cells)]:
        return "header"
    if _TOTAL.fullmatch(filled[0]) and len(filled) < len(cells):
        return "total"
    if len(filled) <= 2 and len(cells) > 2 and _NOTE.match(filled[0]):
        return "note"
    return ""
