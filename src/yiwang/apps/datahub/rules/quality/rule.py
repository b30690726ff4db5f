"""Quality rules as data: what a contract lists below `rules:`, and what follows from its columns by itself.

Examples
--------
>>> from yiwang.apps.datahub.rules.contract import parse
>>> contract = parse("dataset: a\\nkey: [id]\\ncycle: monthly\\ncolumns:\\n  - {name: id, element: identity_number, required: true}\\nrules:\\n  - {kind: range, column: id, low: 1}")
>>> [(r.kind, r.dimension) for r in rules_of(contract)]
[('range', 'accuracy'), ('not_null', 'completeness'), ('identity', 'conformity'), ('unique', 'accuracy'), ('lag', 'timeliness')]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.faults import Fault

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
    "near_duplicate": ("accuracy", ("columns",)),
    "compare": ("consistency", ("column", "operator", "other")),
    "depends": ("consistency", ("columns", "column")),
    "foreign_key": ("consistency", ("column", "dataset")),
    "same_value": ("consistency", ("column", "dataset", "key")),
    "absent_in": ("consistency", ("column", "dataset")),
    "contradiction": ("consistency", ("datasets", "query")),
    "order": ("consistency", ("columns",)),
    "monotone": ("timeliness", ("column", "by")),
    "not_future": ("timeliness", ("column",)),
    "lag": ("timeliness", ()),
    "reachable": ("accessibility", ()),
}
SEVERITIES = ("low", "normal", "high", "money")
_WORDS = {
    "kind", "code", "label", "column", "columns", "weight", "severity", "threshold", "dimension", "type", "pattern", "codes", "when", "low", "high", "id", "operator", "other",
    "dataset", "key", "by", "strength", "cycle", "grace_days", "money", "where", "query", "datasets", "likeness",
}  # fmt: skip
OPERATORS = ("<", "<=", "=", ">=", ">", "<>")


class RuleError(Fault):
    """A rule that cannot be run."""


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

    @property
    def others(self) -> tuple[str, ...]:
        """Codes of the other data sets that it reads."""
        named = self.more.get("datasets") or self.more.get("dataset") or ()
        return tuple(str(c) for c in named) if isinstance(named, list | tuple) else (str(named),)


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
    at = f"{number}" + (f" ({row['code']})" if row.get("code") else "")
    if kind not in KINDS:
        raise RuleError("rule", "unknown", at=at, word="kind", known=", ".join(KINDS))
    unknown = set(row) - _WORDS
    if unknown:
        raise RuleError("rule", "words_unknown", at=at, words=", ".join(sorted(unknown)))
    columns = row.get("columns") or ()
    names = tuple(str(c) for c in (columns if isinstance(columns, list | tuple) else [columns]))
    column = str(row.get("column") or "")
    for need in KINDS[kind][1]:
        if not row.get(need):
            raise RuleError("rule", "wants", at=at, word=need)
    if kind == "compare" and row["operator"] not in OPERATORS:
        raise RuleError("rule", "unknown", at=at, word="operator", known=", ".join(OPERATORS))
    if kind == "contradiction" and not re.match(r"\s*(select|with)\b", str(row["query"]), re.IGNORECASE):
        raise RuleError("rule", "no_select", at=at)
    if kind == "not_null_when" and not (isinstance(row["when"], Mapping) and row["when"].get("column") and "is" in row["when"]):
        raise RuleError("rule", "no_when", at=at)
    more = {str(k): v for k, v in row.items() if k not in ("kind", "code", "label", "column", "columns", "weight", "severity", "threshold")}
    try:
        weight, threshold, likeness = float(row.get("weight", 1)), float(row.get("threshold", 1)), float(row.get("likeness", 0.5))
    except (TypeError, ValueError) as error:
        raise RuleError("rule", "no_number", at=at, words="weight, threshold, likeness") from error
    if not (0 <= weight <= 100 and 0 <= threshold <= 1 and 0.05 <= likeness < 1):
        raise RuleError("rule", "out_of_range", at=at, words="weight 0-100, threshold 0-1, likeness 0.05-1")
    severity = str(row.get("severity") or "normal")
    if severity not in SEVERITIES:
        raise RuleError("rule", "unknown", at=at, word="severity", known=", ".join(SEVERITIES))
    if more.get("dimension") and more["dimension"] not in DIMENSIONS:
        raise RuleError("rule", "unknown", at=at, word="dimension", known=", ".join(DIMENSIONS))
    made = Rule(
        code=str(row.get("code") or f"{kind}:{column or '+'.join(names)}:{number}"), kind=kind, column=column, columns=names, label=str(row.get("label") or ""),
        weight=weight, severity=severity, threshold=threshold, more=more,
    )  # fmt: skip
    known = {c.name for c in contract.columns}
    for name in made.touches:
        if name not in known:
            raise RuleError("rule", "no_column", at=at, word=name)
    return made
