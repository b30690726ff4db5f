"""The contract of a data set (数据契约): its columns, keys and promises, written as YAML.

Data elements after GB/T 18391 and GB/T 19488 (电子政务数据元); grades after GB/T 43697-2024 (分类分级).

Examples
--------
>>> text = '''
... dataset: civil-relief
... name: {zh-Hans: 低保对象, en: Relief recipients}
... columns:
...   - {name: id_number, label: 公民身份号码, type: string, element: identity_number, required: true, personal: id_number, grade: 3}
...   - {name: amount, label: 月金额（元）, type: decimal, range: [0, 100000]}
... key: [id_number]
... cycle: monthly
... '''
>>> contract = parse(text)
>>> contract.column("amount").kind, contract.key
('decimal', ('id_number',))
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from yiwang.apps.datahub.rules.faults import Fault

KINDS = ("string", "integer", "decimal", "date", "datetime", "boolean", "code", "geometry")
PERSONAL = (
    "",
    "name",
    "id_number",
    "phone",
    "address",
    "bank_card",
    "email",
    "plate",
    "birth_date",
    "free_text",
    "other",
)
LANDINGS = (
    "replace",
    "append",
    "upsert",
)  # a run brings all rows; more rows; rows that replace those with the same key
CYCLES = ("realtime", "daily", "weekly", "monthly", "quarterly", "yearly", "irregular")
MOST_COLUMNS = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class ContractError(Fault):
    """A contract that cannot be kept."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `aliases` are headers under which bureaus send it; `codes` names a code list of the dictionary."""

    name: str
    label: str = ""
    kind: str = "string"
    element: str = ""
    codes: str = ""
    required: bool = False
    unique: bool = False
    length: tuple[int, int] | None = None  # characters, both ends included
    range: tuple[float, float] | None = None
    pattern: str = ""
    decimals: int | None = None
    unit: str = ""
    aliases: tuple[str, ...] = ()
    personal: str = ""
    grade: int = 1
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A data set's promise. `rules` are quality rules as data, read by the room of quality."""

    dataset: str
    name: Mapping[str, str]
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    landing: str = "replace"
    cycle: str = "irregular"
    owner: str = ""  # code of the source department (数源部门)
    grade: int = 1
    rules: tuple[Mapping[str, Any], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """Return a column by name; KeyError when there is none."""
        for one in self.columns:
            if one.name == name:
                return one
        raise KeyError(name)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it: what `from_dict` reads back."""
        made: dict[str, Any] = {
            "dataset": self.dataset, "name": dict(self.name), "key": list(self.key), "landing": self.landing, "cycle": self.cycle, "owner": self.owner,
            "grade": self.grade, "rules": [dict(r) for r in self.rules],
            "columns": [_column_dict(c) for c in self.columns],
        }  # fmt: skip
        return made | dict(self.extra)


def _column_dict(column: Column) -> dict[str, Any]:
    empty = Column(name="")
    found: dict[str, Any] = {"name": column.name, "type": column.kind}
    for key in (
        "label",
        "element",
        "codes",
        "required",
        "unique",
        "length",
        "range",
        "pattern",
        "decimals",
        "unit",
        "aliases",
        "personal",
        "grade",
        "description",
    ):
        value = getattr(column, key)
        if value != getattr(empty, key):
            found[key] = list(value) if isinstance(value, tuple) else value
    return found


def parse(text: str) -> Contract:
    """Read a contract from YAML; ContractError says where and why not."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ContractError("line" if mark else "file", "no_yaml", at=str(mark.line + 1) if mark else "") from error
    if not isinstance(data, dict):
        raise ContractError("file", "no_contract")
    return from_dict(data)


def from_dict(data: Mapping[str, Any]) -> Contract:
    """Build a contract from parsed YAML or from `as_dict`."""
    known = {"dataset", "name", "columns", "key", "landing", "cycle", "owner", "grade", "rules"}
    code = str(data.get("dataset") or "")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,79}", code):
        raise ContractError("dataset", "no_code")
    rows = data.get("columns")
    if not isinstance(rows, list) or not rows:
        raise ContractError("columns", "none")
    if len(rows) > MOST_COLUMNS:
        raise ContractError("columns", "too_many", most=MOST_COLUMNS)
    columns = tuple(_column(row, n) for n, row in enumerate(rows, 1))
    names = [c.name for c in columns]
    for name in names:
        if names.count(name) > 1:
            raise ContractError("column", "twice", at=name)
    key = tuple(str(k) for k in _listed(data.get("key")))
    for name in key:
        if name not in names:
            raise ContractError("key", "no_column", at=name)
    landing = str(data.get("landing") or "replace")
    if landing not in LANDINGS:
        raise ContractError("landing", "unknown", known=", ".join(LANDINGS))
    if landing == "upsert" and not key:
        raise ContractError("key", "wanted_by_upsert")
    cycle = str(data.get("cycle") or "irregular")
    if cycle not in CYCLES:
        raise ContractError("cycle", "unknown", known=", ".join(CYCLES))
    name_of = data.get("name") or {"zh-Hans": code}
    return Contract(
        dataset=code, name=name_of if isinstance(name_of, dict) else {"zh-Hans": str(name_of)}, columns=columns, key=key, landing=landing, cycle=cycle,
        owner=str(data.get("owner") or ""), grade=_grade("grade", data.get("grade") or max(c.grade for c in columns)),
        rules=tuple(r for r in _listed(data.get("rules")) if isinstance(r, dict)), extra={k: v for k, v in data.items() if k not in known},
    )  # fmt: skip


def _column(row: Any, number: int) -> Column:
    at = str(number)
    if not isinstance(row, dict):
        raise ContractError("column", "no_mapping", at=at)
    name = str(row.get("name") or "")
    if not _NAME.fullmatch(name):
        raise ContractError("column", "no_name", at=at)
    at = name
    kind = str(row.get("type") or "string")
    if kind not in KINDS:
        raise ContractError("column", "type_unknown", at=at, known=", ".join(KINDS))
    personal = str(row.get("personal") or "")
    if personal not in PERSONAL:
        raise ContractError("column", "personal_unknown", at=at, known=", ".join(p for p in PERSONAL if p))
    pattern = str(row.get("pattern") or "")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ContractError("column", "no_pattern", at=at) from error
    if kind == "code" and not row.get("codes"):
        raise ContractError("column", "no_codes", at=at)
    unknown = set(row) - {"name", "label", "type", "element", "codes", "required", "unique", "length", "range", "pattern", "decimals", "unit", "aliases",
                          "personal", "grade", "description"}  # fmt: skip
    if unknown:
        raise ContractError("column", "words_unknown", at=at, words=", ".join(sorted(unknown)))
    return Column(
        name=name, label=str(row.get("label") or ""), kind=kind, element=str(row.get("element") or ""), codes=str(row.get("codes") or ""),
        required=bool(row.get("required")), unique=bool(row.get("unique")), length=_pair(at, "length", row.get("length"), int),
        range=_pair(at, "range", row.get("range"), float), pattern=pattern, decimals=None if row.get("decimals") is None else int(row["decimals"]),
        unit=str(row.get("unit") or ""), aliases=tuple(str(a) for a in _listed(row.get("aliases"))), personal=personal,
        grade=_grade("column", row.get("grade") or 1, at), description=str(row.get("description") or ""),
    )  # fmt: skip


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def _grade(where: str, value: Any, at: str = "") -> int:
    if value not in (1, 2, 3, 4):
        raise ContractError(where, "no_grade", at=at)
    return int(value)


def _pair(at: str, word: str, value: Any, kind: type[int] | type[float]) -> Any:
    if value is None:
        return None
    try:
        low, high = (kind(v) for v in (value if isinstance(value, list | tuple) else (value, value)))
    except (TypeError, ValueError) as error:
        raise ContractError("column", "no_pair", at=at, word=word) from error
    if low > high:
        raise ContractError("column", "pair_backwards", at=at, word=word)
    return low, high
