"""What is wrong with a file of decision tables, cell by cell."""

import re
from itertools import combinations

from django.utils.translation import gettext as _
from lxml import etree

from yiwang.kernel.process import decisions, overlap, xml
from yiwang.kernel.process.contracts import Finding
from yiwang.kernel.process.feel import FeelError, compile_expression, compile_tests

_NAME = re.compile(r"[^\W\d]\w*")
_MAX_PAIRS = 200_000


def check(content: bytes, file: str) -> list[Finding]:
    """Return the findings of one DMN file."""
    try:
        tables = decisions.read(content)
    except xml.BadXmlError as error:
        return [Finding(file, error.line, "", error.message, _("Save the file again from the table editor."))]
    findings: list[Finding] = []
    if not tables:
        findings.append(Finding(file, 1, "", _("There is no decision in the file."), _("Add a decision table.")))
    for element in xml.read(content).iter():
        if xml.local(element) == "requiredDecision":
            findings.append(_needs_other(file, element))
    for table in tables.values():
        findings += _table(file, table)
    return findings


def _needs_other(file: str, element: etree._Element) -> Finding:
    return Finding(
        file, xml.line(element), element.get("href", ""), _("A decision that needs another decision is not taken."),
        _("Ask both tables in the process, one after the other."),
    )  # fmt: skip


def _table(file: str, table: decisions.Table) -> list[Finding]:
    findings: list[Finding] = []

    def say(line: int, element: str, message: str, mend: str) -> None:
        findings.append(Finding(file, line, element, message, mend))

    if not _NAME.fullmatch(table.id):
        say(
            table.line,
            table.id,
            _("The decision has no usable id."),
            _("Use letters, digits and _ only, with a letter first."),
        )
    if table.policy not in decisions.POLICIES:
        say(
            table.line,
            table.id,
            _("The hit policy %(policy)s is not supported.") % {"policy": table.policy},
            _("Choose UNIQUE, FIRST, COLLECT or RULE ORDER."),
        )
    if table.aggregation:
        if table.aggregation not in decisions.AGGREGATIONS or table.policy != "COLLECT":
            say(
                table.line,
                table.id,
                _("The aggregation %(name)s is not supported here.") % {"name": table.aggregation},
                _("Use SUM, MIN, MAX or COUNT with COLLECT."),
            )
        if len(table.outputs) != 1:
            say(
                table.line,
                table.id,
                _("A table that aggregates needs exactly one output."),
                _("Remove the other outputs or the aggregation."),
            )
    if not table.outputs:
        say(table.line, table.id, _("The table has no output."), _("Add an output column with a name."))
    for column in table.inputs:
        if problem := _expression_problem(column.expression):
            say(
                column.line,
                _("%(table)s, input %(column)s") % {"table": table.id, "column": column.label or column.id},
                problem,
                _("Write the name of a variable or an expression of the subset."),
            )
    seen: set[str] = set()
    for column in table.outputs:
        where = _("%(table)s, output %(column)s") % {"table": table.id, "column": column.label or column.id}
        if not _NAME.fullmatch(column.name) or column.name in seen:
            say(
                column.line,
                where,
                _("The output has no name of its own."),
                _("Give each output a different name of letters, digits and _."),
            )
        seen.add(column.name)
        if column.expression and (problem := _expression_problem(column.expression)):
            say(column.line, where, problem, _("Correct the default value."))
    for row in table.rows:
        _row(file, table, row, findings)
    if table.policy == "UNIQUE" and not findings:
        findings += _overlaps(file, table)
    return findings


def _expression_problem(text: str) -> str:
    try:
        compile_expression(text)
    except FeelError as error:
        return _("“%(text)s” cannot be read: %(why)s.") % {"text": text, "why": error.localized()}
    return ""


def _row(file: str, table: decisions.Table, row: decisions.Row, findings: list[Finding]) -> None:
    if len(row.inputs) != len(table.inputs) or len(row.outputs) != len(table.outputs):
        findings.append(
            Finding(
                file, row.line, _("%(table)s, row %(row)s") % {"table": table.id, "row": row.number},
                _("The row has another number of cells than the table has columns."), _("Delete the row and write it again."),
            )
        )  # fmt: skip
        return
    cells = [(c, cell, True) for c, cell in zip(table.inputs, row.inputs, strict=True)]
    cells += [(c, cell, False) for c, cell in zip(table.outputs, row.outputs, strict=True)]
    for column, cell, is_input in cells:
        try:
            if is_input:
                compile_tests(cell.text)
            elif cell.text:
                compile_expression(cell.text)
        except FeelError as error:
            where = {"table": table.id, "row": row.number, "column": column.label or column.name or column.id}
            findings.append(
                Finding(
                    file, cell.line or row.line, _("%(table)s, row %(row)s, column %(column)s") % where,
                    _("“%(text)s” cannot be read: %(why)s.") % {"text": cell.text, "why": error.localized()},
                    _('Write texts in quotation marks, several values with commas, ranges as [1..5]; "-" for anything.')
                    if is_input
                    else _("Write texts in quotation marks."),
                )
            )  # fmt: skip


def _overlaps(file: str, table: decisions.Table) -> list[Finding]:
    """Pairs of rows that surely fit the same inputs. What cannot be told from the cells is refused when it happens."""
    found: list[Finding] = []
    for count, (one, two) in enumerate(combinations(table.rows, 2)):
        if count >= _MAX_PAIRS or len(found) >= 20:
            break
        if overlap.rows_overlap([c.text for c in one.inputs], [c.text for c in two.inputs]):
            found.append(
                Finding(
                    file, two.line, _("%(table)s, row %(row)s") % {"table": table.id, "row": two.number},
                    _("Rows %(one)s and %(two)s can both fit, but UNIQUE allows only one.") % {"one": one.number, "two": two.number},
                    _("Make one of the two narrower, or choose the hit policy FIRST."),
                )
            )  # fmt: skip
    return found
