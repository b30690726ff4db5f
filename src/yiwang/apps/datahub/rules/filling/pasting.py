"""A table pasted from a sheet: lines, and tabs between cells; a heading line is known by the contract's names.

Examples
--------
>>> from yiwang.apps.datahub.rules.contract import parse
>>> contract = parse('''
... dataset: civil-relief
... name: {zh-Hans: 低保对象}
... columns:
...   - {name: id, label: 编号}
...   - {name: name, label: 姓名, aliases: [名字]}
... ''')
>>> pasted(contract, "名字\\t编号\\r\\n张三\\t 1 \\r\\n李四\\t2\\r\\n\\r\\n")
([['1', '张三'], ['2', '李四']], [])
>>> pasted(contract, "1\\t张三")
([['1', '张三']], [])
>>> pasted(contract, "编号\\t电话\\n1\\t139")
([['1', '']], ['电话'])
"""

from __future__ import annotations

import csv
import io
import unicodedata

from yiwang.apps.datahub.rules.contract import Contract

MOST_CELL = 2000


def plain(text: str) -> str:
    """Return a cell without what nobody sees: outer blanks, full-width digits, zero-width marks, control characters."""
    kept = unicodedata.normalize("NFKC", text) if any("０" <= c <= "９" or "Ａ" <= c <= "ｚ" for c in text) else text
    return "".join(c for c in kept if c.isprintable() or c == "\n").strip().replace("\u200b", "")[:MOST_CELL]


def pasted(contract: Contract, text: str) -> tuple[list[list[str]], list[str]]:
    """Return the rows in the contract's order, and headings that fit no column.

    Without a heading line the cells are taken in the contract's order.
    """
    lines = [[plain(c) for c in line] for line in csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")), delimiter="\t")]
    lines = [line for line in lines if any(line)]
    if not lines:
        return [], []
    places = {word: i for i, c in enumerate(contract.columns) for word in (c.name, c.label, *c.aliases) if word}
    heading = lines[0]
    order: list[int | None] = list(range(len(contract.columns)))
    unknown: list[str] = []
    if any(cell in places for cell in heading):
        order, lines = [places.get(cell) for cell in heading], lines[1:]
        unknown = [cell for cell in heading if cell and cell not in places]
    rows = []
    for line in lines:
        row = [""] * len(contract.columns)
        for place, cell in zip(order, line, strict=False):
            if place is not None:
                row[place] = cell
        rows.append(row)
    return rows, unknown
