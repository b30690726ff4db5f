"""What a delivery is understood as, shown to the clerk before it is landed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from yiwang.apps.datahub.errors import FileRefused
from yiwang.apps.datahub.lake import landing
from yiwang.apps.datahub.lake.reading import open_file
from yiwang.apps.datahub.models import Run
from yiwang.apps.datahub.queries.landing import codes
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.landing.masks import shown
from yiwang.apps.datahub.services.landing import receiving, words


@dataclass(kw_only=True)
class Preview:
    """Columns of the contract, rows with a cell each ({"text", "value", "wrong"}), and what is told of the file."""

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    drift: list[tuple[str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    refused: str = ""
    bad: int = 0
    seen: int = 0


def look(run: Run) -> Preview:
    """Understand the first rows of a run's file; a file that cannot be taken says so in `refused`."""
    contract = contracts.from_dict(run.contract.body)
    try:
        opened = open_file(receiving.path_of(run), run.file_name, contract.columns)
        found = landing.look(contract, opened, codes=codes.known(contract))
    except FileRefused as refusal:
        return Preview(refused=words.refusal(refusal.reason, refusal.facts, contract))
    made = Preview(columns=[c.label or c.name for c in contract.columns], facts=found.facts, bad=found.bad, seen=found.seen, drift=words.drift(found.matching.as_dict(), contract))
    if found.matching.missing_required or not found.matching.places:
        made.refused = words.refusal("missing_columns", {"columns": found.matching.missing_required or found.matching.missing}, contract)
    for row in found.rows:
        cells = []
        for column, text, value, why in zip(contract.columns, row["texts"], row["values"], row["why"], strict=True):
            wrong = words.row_reason(column, why) if why and not row["aside"] else ""
            cells.append({"text": shown(text if wrong else value, column), "wrong": wrong})
        made.rows.append({"number": row["number"], "cells": cells, "aside": row["aside"]})
    return made
