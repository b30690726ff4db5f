"""Decision tables: DMN XML to plain data, and the decision with the rows that made it (DMN 1.3, clause 8)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from yiwang.kernel.process import feel, xml
from yiwang.kernel.process.contracts import DecisionTrace
from yiwang.kernel.process.errors import DecisionUndecided

SINGLE = ("UNIQUE", "FIRST")
POLICIES = (*SINGLE, "COLLECT", "RULE ORDER")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")


@dataclass(frozen=True)
class Cell:
    text: str
    line: int


@dataclass(frozen=True)
class Column:
    """An input (``expression`` is FEEL over the variables) or an output (``expression`` is its default value)."""

    id: str
    label: str
    name: str
    expression: str
    line: int
    # Values that the column may hold, as unary tests; "" = anything.
    allowed: str = ""


@dataclass(frozen=True)
class Row:
    id: str
    number: int  # from 1
    inputs: tuple[Cell, ...]
    outputs: tuple[Cell, ...]
    note: str
    line: int


@dataclass(frozen=True)
class Table:
    id: str  # the decision's id
    name: str
    policy: str
    aggregation: str
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[Row, ...]
    line: int
    version: str


def _text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def read(content: bytes) -> dict[str, Table]:
    """Return the decision tables of a DMN file by decision id. Raises BadXmlError.

    Only the shape is checked here; what the cells say is checked by ``publish.validate``.
    """
    root = xml.read(content)
    namespace = etree.QName(root).namespace or ""
    if namespace not in xml.DMN_NAMESPACES or xml.local(root) != "definitions":
        raise xml.BadXmlError(_("This is not a DMN file of version 1.1 to 1.5."), xml.line(root))
    version = hashlib.sha256(content).hexdigest()[:16]
    found: dict[str, Table] = {}
    for decision in root.findall(f"{{{namespace}}}decision"):
        body = decision.find(f"{{{namespace}}}decisionTable")
        if body is None:
            raise xml.BadXmlError(
                _("The decision %(id)s is not a table; only tables are taken.") % {"id": decision.get("id")},
                xml.line(decision),
            )
        found[decision.get("id", "")] = _table(decision, body, namespace, version)
    return found


def _table(decision: etree._Element, body: etree._Element, namespace: str, version: str) -> Table:
    def inner(element: etree._Element, path: str) -> etree._Element | None:
        return element.find("/".join(f"{{{namespace}}}{part}" for part in path.split("/")))

    inputs = tuple(
        Column(
            e.get("id", ""), e.get("label") or _text(inner(e, "inputExpression/text")), "",
            _text(inner(e, "inputExpression/text")), xml.line(e), _text(inner(e, "inputValues/text")),
        )
        for e in body.findall(f"{{{namespace}}}input")
    )  # fmt: skip
    outputs = tuple(
        Column(
            e.get("id", ""), e.get("label") or e.get("name") or "", e.get("name") or "",
            _text(inner(e, "defaultOutputEntry/text")), xml.line(e), _text(inner(e, "outputValues/text")),
        )
        for e in body.findall(f"{{{namespace}}}output")
    )  # fmt: skip
    rows = []
    for number, rule in enumerate(body.findall(f"{{{namespace}}}rule"), 1):
        cells = [
            tuple(Cell(_text(inner(e, "text")), xml.line(e)) for e in rule.findall(f"{{{namespace}}}{kind}"))
            for kind in ("inputEntry", "outputEntry")
        ]
        rows.append(
            Row(rule.get("id", ""), number, cells[0], cells[1], _text(inner(rule, "description")), xml.line(rule))
        )
    return Table(
        decision.get("id", ""), decision.get("name", ""), body.get("hitPolicy", "UNIQUE"), body.get("aggregation", ""),
        inputs, outputs, tuple(rows), xml.line(body), version,
    )  # fmt: skip


def decide(table: Table, variables: Mapping[str, Any]) -> DecisionTrace:
    """Decide. A table without a fitting row gives its default outputs, or null for each.

    Raises DecisionUndecided when several rows of a UNIQUE table fit, FeelError when a cell cannot be evaluated.
    """
    judged = [feel.raw_value(column.expression, variables) for column in table.inputs]
    matched = []
    for row in table.rows:
        if all(feel.matches(cell.text, value, variables) for cell, value in zip(row.inputs, judged, strict=True)):
            matched.append(row)
            if table.policy == "FIRST":
                break
    if table.policy == "UNIQUE" and len(matched) > 1:
        raise DecisionUndecided(decision=table.name or table.id, rows=tuple(row.number for row in matched))
    return DecisionTrace(
        decision_id=table.id,
        table_version=table.version,
        matched_rows=tuple(row.number for row in matched),
        row_ids=tuple(row.id for row in matched),
        inputs={column.label: feel.to_plain(value) for column, value in zip(table.inputs, judged, strict=True)},
        outputs=_outputs(table, matched, variables),
    )


def _outputs(table: Table, matched: list[Row], variables: Mapping[str, Any]) -> Any:
    results = [
        {
            column.name: feel.evaluate(cell.text, variables) if cell.text else None
            for column, cell in zip(table.outputs, row.outputs, strict=True)
        }
        for row in matched
    ]
    if table.policy in SINGLE:
        return (
            results[0]
            if results
            else {c.name: feel.evaluate(c.expression, variables) if c.expression else None for c in table.outputs}
        )
    if not table.aggregation:
        return results
    (column,) = table.outputs
    values = [Decimal(str(r[column.name])) for r in results if isinstance(r[column.name], int | float)]
    if table.aggregation == "COUNT":
        return {column.name: len(results)}
    if not values:
        return {column.name: None}
    whole = {"SUM": sum(values, Decimal(0)), "MIN": min(values), "MAX": max(values)}[table.aggregation]
    return {column.name: feel.to_plain(whole)}
