"""What is said of deliveries: why a file is refused, what is wrong with a row."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.apps.datahub.rules.contract import Column, Contract


def kinds() -> dict[str, str]:
    """Return the types of columns as people call them."""
    return {
        "string": _("text"), "integer": _("whole number"), "decimal": _("number"), "date": _("date"), "datetime": _("date and time"), "boolean": _("yes or no"),
        "code": _("code"), "geometry": _("shape"),
    }  # fmt: skip


def refusal(reason: str, facts: Mapping[str, Any], contract: Contract | None = None) -> str:
    """Return why a delivery is refused as a whole."""
    names = {c.name: c.label or c.name for c in contract.columns} if contract else {}
    columns = "、".join(names.get(c, c) for c in facts.get("columns", ()))
    said: dict[str, Callable[[], str]] = {
        "empty": lambda: _("The file is empty."),
        "binary": lambda: _("The file is no table: it holds bytes that no text has."),
        "encoding": lambda: _("The file is neither in UTF-8 nor in GB18030 (GBK)."),
        "cut_quote": lambda: _("The file ends inside a quoted cell: it was cut off on its way."),
        "cut_row": lambda: _("The file ends in the middle of row %(row)s: it was cut off on its way.") % {"row": facts.get("row", "")},
        "broken": lambda: _("The file cannot be read to its end: it is broken or was cut off."),
        "broken_sheet": lambda: _("The workbook is broken, was cut off, or is locked by a password."),
        "old_workbook": lambda: _("The workbook is of the old form (.xls) or locked by a password. Save it as .xlsx without password."),
        "too_large": lambda: _("The file is larger than %(mb)s MB.") % {"mb": facts.get("mb", "")},
        "too_large_inside": lambda: _("The workbook would be too large when unpacked."),
        "infected": lambda: _("A harmful program was found in the file."),
        "missing_columns": lambda: _("Columns that must be there are missing: %(columns)s.") % {"columns": columns},
        "too_many": lambda: _("%(n)s rows and more are bad: this is not the agreed table.") % {"n": facts.get("n", "")},
        "no_row_numbers": lambda: _("The column with the rows' numbers is missing. Correct the file that you downloaded, and leave its first column as it is."),
        "nothing_asked": lambda: _("No row of the file is one that was given back."),
    }
    return said[reason]() if reason in said else _("The file cannot be taken.")


def row_reason(column: Column | None, code: str) -> str:
    """Return what is wrong with one value, as a sentence for who has to correct it."""
    if code.startswith("cells:"):
        _word, found, wanted = code.split(":")
        return _("The row has %(found)s cells, the header has %(wanted)s.") % {"found": found, "wanted": wanted}
    length = (column.length or (0, 0)) if column else (0, 0)
    limits = (column.range or (0.0, 0.0)) if column else (0.0, 0.0)
    said: dict[str, Callable[[], str]] = {
        "required": lambda: _("is empty"),
        "type": lambda: _("is no %(kind)s") % {"kind": kinds().get(column.kind if column else "string", "")},
        "finite": lambda: _("is no number"),
        "code": lambda: _("is not in the code list"),
        "spoiled": lambda: _("was spoiled by a spreadsheet (E+): its digits are lost; give the column as text"),
        "identity_number": lambda: _("is no identity number: 18 places, or 15 of the old kind"),
        "credit_code": lambda: _("is no unified social credit code: 18 places"),
        "year": lambda: _("lies outside the years 1000 to 2999"),
        "length": lambda: _("wants %(low)s to %(high)s characters") % {"low": length[0], "high": length[1]},
        "range": lambda: _("lies outside %(low)s to %(high)s") % {"low": f"{limits[0]:g}", "high": f"{limits[1]:g}"},
        "pattern": lambda: _("has not the agreed form"),
        "decimals": lambda: _("has more than %(n)s decimals") % {"n": column.decimals if column else 0},
        "not_unique": lambda: _("stands in another row already"),
        "key_taken": lambda: _("is the key of a row that is there already with other values"),
    }
    return said[code]() if code in said else code


def reasons(row_reasons: list[dict[str, str]], contract: Contract) -> str:
    """Return everything that is wrong with a row as one text."""
    columns = {c.name: c for c in contract.columns}
    parts = []
    for one in row_reasons:
        column = columns.get(one["column"])
        said = row_reason(column, one["code"])
        parts.append(f"{column.label or column.name}：{said}" if column else said)
    return "；".join(parts)


def asides() -> dict[str, str]:
    """Return what rows that are no data are called."""
    return {"total": _("total row"), "note": _("note"), "header": _("header again"), "blank": _("empty row")}


def drift(found: Mapping[str, Any], contract: Contract) -> list[tuple[str, str]]:
    """Return what has changed since the contract was agreed, as (tone, sentence)."""
    names = {c.name: c.label or c.name for c in contract.columns}
    said: list[tuple[str, str]] = []
    for column, header in found.get("renamed", {}).items():
        said.append(("soon", _("Is “%(header)s” the new name of “%(column)s”? Then add it to the contract as an alias.") % {"header": header, "column": names.get(column, column)}))
    missing = [names.get(c, c) for c in found.get("missing", [])]
    if missing:
        said.append(("soon", _("Missing columns: %(columns)s.") % {"columns": "、".join(missing)}))
    if found.get("new"):
        said.append(("neutral", _("New columns, which are not taken: %(columns)s.") % {"columns": "、".join(found["new"][:30])}))
    if found.get("reordered"):
        said.append(("neutral", _("The columns stand in another order; they are found by their names.")))
    return said


def told(report: Mapping[str, Any], contract: Contract) -> list[tuple[str, str]]:
    """Return everything that is told of a landed delivery, as (tone, sentence)."""
    names = {c.name: c.label or c.name for c in contract.columns}
    said = drift(report.get("drift", {}), contract)
    for column in report.get("changed_types", []):
        said.append(("overdue", _("Most values of “%(column)s” are of another type than agreed.") % {"column": names.get(column, column)}))
    for column, count in report.get("formulas", {}).items():
        said.append(("soon", _("%(n)s cells of “%(column)s” begin like a formula; they are kept as texts.") % {"n": count, "column": names.get(column, column)}))
    aside = report.get("aside", {})
    if aside:
        said.append(("neutral", _("Rows set aside that are no data: %(rows)s.") % {"rows": "、".join(f"{asides().get(k, k)} {v}" for k, v in aside.items())}))
    if report.get("duplicates_differ"):
        said.append(("soon", _("%(n)s rows have the key of another row and other values.") % {"n": report["duplicates_differ"]}))
    return said
