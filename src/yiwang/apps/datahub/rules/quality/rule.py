"""Quality rules as data: what a contract lists below `rules:`, and what follows from its columns by itself.

Examples
--------
>>> from yiwang.apps.datahub.rules.contract import parse
>>> contract = parse("dataset: a\\nkey: [id]\\ncycle: monthly\\ncolumns:\\n  - {name: id, element: identity_number, required: true}\\nrules:\\n  - {kind: range, column: id, low: 1}")
>>> [(r.kind, r.dimension) for r in rules_of(contract)]
[('range', 'accuracy'), ('not_null', 'completeness'), ('identity', 'conformity'), ('unique', 'accuracy'), ('lag', 'timeliness')]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yiwang.apps.datahub.rules.contract import Contract

DIMENSIONS = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")  # 规范性 完整性 准确性 一致性 时效性 可访问性
# Kind: dimension, what it needs besides the column.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "type": ("conformity", ("column", "type")),
    "length": ("conformity", ("column",)),
    "regex": ("conformity", ("column", "pattern")),
    "codes": ("conformity", ("column", "codes")),
    "identity": ("conformity", ("column",)),
    "credit_code": ("conformity", ("column",)),
    "not_null": ("completeness", ("column",)),
    "not_null_when": ("completeness", ("column", "when")),
    "expected_count": ("completeness", ()),
    "missing_periods": ("completeness", ("column",)),
    "range": ("accuracy", ("column",)),
    "birth_matches_id": ("accuracy", ("column", "id")),
    "sex_matches_id": ("accuracy", ("column", "id")),
    "unique": ("accuracy", ("columns",)),
    "outlier": ("accuracy", ("column",)),
    "compare": ("consistency", ("column", "operator", "other")),
    "depends": ("consistency", ("columns", "column")),
    "foreign_key": ("consistency", ("column", "dataset")),
    "same_value": ("consistency", ("column", "dataset", "key")),
    "absent_in": ("consistency", ("column", "dataset")),
    "order": ("consistency", ("columns",)),
    "monotone": ("timeliness", ("column", "by")),
    "not_future": ("timeliness", ("column",)),
    "lag": ("timeliness", ()),
    "reachable": ("accessibility", ()),
}
SEVERITIES = ("low", "normal", "high", "money")
_WORDS = {
    "kind", "code", "label", "column", "columns", "weight", "severity", "threshold", "dimension", "type", "pattern", "codes", "when", "low", "high", "id", "operator", "other",
    "dataset", "key", "by", "strength", "cycle", "grace_days", "money", "where",
}  # fmt: skip
OPERATORS = ("<", "<=", "=", ">=", ">", "<>")


class RuleError(ValueError):
    """A rule that cannot be run. `where` names it, `what` says why."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. `threshold` is the pass rate below which an issue is raised; `weight` its part of the score."""

    code: str
    kind: str
    column: str = ""
    columns: tuple[str, ...] = ()
    label: str = ""
    weight: float = 1.0
    severity: str = "normal"
    threshold: float = 1.0
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dimension(self) -> str:
        return str(self.more.get("dimension") or KINDS[self.kind][0])

    @property
    def touches(self) -> tuple[str, ...]:
        """Columns of its own data set that it reads."""
        found = [self.column, *self.columns, self.more.get("id"), self.more.get("by"), self.more.get("money")]
        if self.kind == "compare":
            found.append(self.more.get("other"))
        if self.kind == "same_value":
            found.append(self.more.get("key"))
        if isinstance(self.more.get("when"), Mapping):
            found.append(self.more["when"].get("column"))
        return tuple(dict.fromkeys(str(c) for c in found if c))


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Return the contract's rules, then those that its columns, key and cycle promise and it does not list.

    Raises
    ------
    RuleError
        An unknown kind, column, word, or a value that is missing.
    """
    found = [_rule(row, n, contract) for n, row in enumerate(contract.rules, 1)]
    listed = {(r.kind, r.column or "+".join(r.columns)) for r in found}

    def add(kind: str, column: str = "", columns: tuple[str, ...] = (), weight: float = 1.0, **more: Any) -> None:
        if (kind, column or "+".join(columns)) not in listed:
            name = column or "+".join(columns)
            found.append(Rule(code=f"{kind}:{name}" if name else kind, kind=kind, column=column, columns=columns, weight=weight, more=more))

    for column in contract.columns:
        if column.required:
            add("not_null", column.name)
        if column.element == "identity_number":
            add("identity", column.name, weight=2.0)
        if column.element == "credit_code":
            add("credit_code", column.name, weight=2.0)
    if contract.key:
        add("unique", columns=contract.key)
    if contract.cycle not in ("irregular", "realtime"):
        add("lag")
    return tuple(found)


def _rule(row: Mapping[str, Any], number: int, contract: Contract) -> Rule:
    kind = str(row.get("kind") or "")
    where = f"rule {number}" + (f" ({row['code']})" if row.get("code") else "")
    if kind not in KINDS:
        raise RuleError(where, f"kind is none of {', '.join(KINDS)}")
    unknown = set(row) - _WORDS
    if unknown:
        raise RuleError(where, f"has unknown words: {', '.join(sorted(unknown))}")
    columns = row.get("columns") or ()
    names = tuple(str(c) for c in (columns if isinstance(columns, list | tuple) else [columns]))
    column = str(row.get("column") or "")
    for need in KINDS[kind][1]:
        if not row.get(need):
            raise RuleError(where, f"wants {need}")
    if kind == "compare" and row["operator"] not in OPERATORS:
        raise RuleError(where, f"operator is none of {', '.join(OPERATORS)}")
    if kind == "not_null_when" and not (isinstance(row["when"], Mapping) and row["when"].get("column") and "is" in row["when"]):
        raise RuleError(where, "when wants {column, is}")
    more = {str(k): v for k, v in row.items() if k not in ("kind", "code", "label", "column", "columns", "weight", "severity", "threshold")}
    try:
        weight, threshold = float(row.get("weight", 1)), float(row.get("threshold", 1))
    except (TypeError, ValueError) as error:
        raise RuleError(where, "weight and threshold are numbers") from error
    if not (0 <= weight <= 100 and 0 <= threshold <= 1):
        raise RuleError(where, "weight is 0 to 100, threshold 0 to 1")
    severity = str(row.get("severity") or "normal")
    if severity not in SEVERITIES:
        raise RuleError(where, f"severity is none of {', '.join(SEVERITIES)}")
    if more.get("dimension") and more["dimension"] not in DIMENSIONS:
        raise RuleError(where, f"dimension is none of {', '.join(DIMENSIONS)}")
    made = Rule(
        code=str(row.get("code") or f"{kind}:{column or '+'.join(names)}:{number}"), kind=kind, column=column, columns=names, label=str(row.get("label") or ""),
        weight=weight, severity=severity, threshold=threshold, more=more,
    )  # fmt: skip
    known = {c.name for c in contract.columns}
    for name in made.touches:
        if name not in known:
            raise RuleError(where, f"{name} is no column")
    return made
