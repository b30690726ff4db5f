"""Changing a decision table without an editor: a row more, the rest of the file as it stands."""

import json
from collections.abc import Mapping

from lxml import etree

from yiwang.kernel.process import decisions, xml


def add_row(content: bytes, decision: str, *, row_id: str, inputs: Mapping[str, str], outputs: Mapping[str, str], note: str = "") -> bytes:
    """Return the DMN file with one more row at the top of a table, so that it is asked before those that were there.

    `inputs` names columns by their expression, `outputs` by their name; each value is a text that must be equal, a column
    that is not named takes anything. The caller has the result validated (``publish.validate_decisions``).

    Raises
    ------
    ValueError
        There is no such table or column, or the row is there already.
    """
    table = decisions.read(content).get(decision)
    if table is None:
        raise ValueError(f"there is no table {decision}")
    if any(row.id == row_id for row in table.rows):
        raise ValueError(f"the row {row_id} is there already")
    if strange := (set(inputs) - {c.expression for c in table.inputs}) | (set(outputs) - {c.name for c in table.outputs}):
        raise ValueError(f"there is no column {', '.join(sorted(strange))}")
    root = xml.read(content)
    space = etree.QName(root).namespace
    body = root.find(f"{{{space}}}decision[@id='{decision}']/{{{space}}}decisionTable")
    if body is None:
        raise ValueError(f"there is no table {decision}")
    rule = etree.Element(f"{{{space}}}rule", id=row_id)
    if note:
        etree.SubElement(rule, f"{{{space}}}description").text = note
    cells = [("inputEntry", c.expression, inputs.get(c.expression)) for c in table.inputs]
    cells += [("outputEntry", c.name, outputs.get(c.name, "")) for c in table.outputs]
    for kind, column, value in cells:
        cell = etree.SubElement(rule, f"{{{space}}}{kind}", id=f"{row_id}_{column}")
        etree.SubElement(cell, f"{{{space}}}text").text = "-" if value is None else json.dumps(value, ensure_ascii=False)
    etree.indent(rule, space="  ", level=3)
    last = body.findall(f"{{{space}}}output")[-1]
    rule.tail = last.tail
    last.tail = "\n" + "  " * 3
    body.insert(body.index(last) + 1, rule)
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
