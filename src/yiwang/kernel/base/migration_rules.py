"""What a change of tables may do while the release before it still runs: expand, backfill, contract (先扩、再补、后收).

A release adds (`expand`); a backfill fills what was added, in small steps, while people work; a later release takes away
what no running code names any more (`contract`). So old and new code can both work at every moment, and going back is
possible until the contraction. `findings` reads one migration and names what breaks this; tests/upgrade holds it for every
migration after the first release.

A migration that contracts says so: `contracts = "0.2"` names the release whose code no longer used what goes.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently
from django.db import models
from django.db.migrations import Migration, operations

# Tables that grow with the work: whoever locks one of them stops the county.
BIG = (
    "yw_cases_", "yw_audit_", "yw_files_attachment", "yw_notices_notice", "yw_base_idempotentrequest", "yw_geography_asset",
    "yw_geography_addresspoint", "city_citycase", "procrastinate_",
)  # fmt: skip
_CONTRACTS = (operations.RemoveField, operations.DeleteModel, operations.RenameField, operations.RenameModel, operations.AlterModelTable)
_SQL = (
    (re.compile(r"\bdrop\s+(table|column)\b", re.I), "drops what the running release still names", "contracts"),
    (re.compile(r"\brename\s+(column|to)\b", re.I), "renames what the running release still names", "contracts"),
    (re.compile(r"\bset\s+not\s+null\b", re.I), "refuses rows as the running release writes them", "contracts"),
    (re.compile(r"\badd\s+column\b(?![^;,]*\bdefault\b)[^;,]*\bnot\s+null\b", re.I), "adds a column that the running release cannot fill", "always"),
)  # fmt: skip
_INDEX = re.compile(r"\bcreate\s+(?:unique\s+)?index\s+(?!concurrently)(?:if\s+not\s+exists\s+)?\S+\s+on\s+(?:only\s+)?\"?(\w+)", re.I)
_UPDATE = re.compile(r"\bupdate\s+\"?(\w+)\"?\s+set\b", re.I)


def findings(migration: Migration) -> Iterator[str]:
    """Yield a sentence for each thing that would stop or break the release that runs meanwhile."""
    made = {op.name.lower() for op in migration.operations if isinstance(op, operations.CreateModel)}
    contracts = str(getattr(migration, "contracts", ""))
    for operation in _flat(migration.operations):
        model = str(getattr(operation, "model_name", "") or "").lower()
        table = f"{migration.app_label}_{model}"
        what = f"{type(operation).__name__} {model} {getattr(operation, 'name', '')}".strip()
        if model in made or isinstance(operation, operations.CreateModel):
            continue
        if isinstance(operation, _CONTRACTS) and not contracts:
            yield f"{what}: the running release still names it; let a later release take it away (contracts = ...)"
        elif isinstance(operation, operations.AddField):
            yield from _added(what, operation.field)
        elif isinstance(operation, operations.AlterField):
            yield from _altered(what, operation.field, contracts)
        elif isinstance(operation, operations.AddIndex) and not isinstance(operation, AddIndexConcurrently) and _big(table):
            yield f"{what}: locks {table} for writing; use AddIndexConcurrently with atomic = False"
        elif isinstance(operation, operations.RemoveIndex) and not isinstance(operation, RemoveIndexConcurrently) and _big(table):
            yield f"{what}: use RemoveIndexConcurrently with atomic = False"
        elif isinstance(operation, operations.AddConstraint) and not isinstance(operation, AddConstraintNotValid) and _big(table):
            yield f"{what}: reads the whole of {table} under a lock; use AddConstraintNotValid and ValidateConstraint"
        elif isinstance(operation, operations.RunSQL):
            yield from _sql(operation.sql, contracts, made)
        elif isinstance(operation, operations.RunPython) and not getattr(migration, "small_data", False):
            yield f"{what}: rows are filled by a backfill (base/backfill.py), not by a migration; small_data = True where they are few"
    if any(isinstance(op, AddIndexConcurrently | RemoveIndexConcurrently) for op in migration.operations) and migration.atomic:
        yield "an index made concurrently needs atomic = False"


def _flat(found: Any) -> Iterator[Any]:
    for operation in found:
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _big(table: str) -> bool:
    return table.startswith(BIG)


def _added(what: str, field: "models.Field[Any, Any]") -> Iterator[str]:
    """Django drops a column's `default` again after adding it; only `db_default` helps the release that runs."""
    if field.many_to_many or field.null or getattr(field, "generated", False):
        return
    if not field.has_db_default():
        yield f"{what}: NOT NULL without db_default: the running release cannot insert any more"


def _altered(what: str, field: "models.Field[Any, Any]", contracts: str) -> Iterator[str]:
    if getattr(field, "unique", False) and not field.primary_key and not contracts:
        yield f"{what}: if it becomes unique, the table is locked while that is proved; make the index concurrently first"


def _sql(given: Any, contracts: str, made: set[str]) -> Iterator[str]:
    texts = [given] if isinstance(given, str) else [t if isinstance(t, str) else t[0] for t in given]
    for text in texts:
        for pattern, why, when in _SQL:
            if (found := pattern.search(text)) and (when == "always" or not contracts):
                yield f"RunSQL `{found.group(0)}`: {why}"
        yield from (f"RunSQL: an index on {table} is made concurrently" for table in _INDEX.findall(text) if _big(table.lower()))
        yield from (f"RunSQL: {table} is filled by a backfill, in small steps" for table in _UPDATE.findall(text) if _big(table.lower()))
