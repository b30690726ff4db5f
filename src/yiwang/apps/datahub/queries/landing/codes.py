"""Code lists that a contract names: those written in the contract itself (`code_lists`), then those that the platform ships."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from yiwang.apps.datahub.rules.contract import Contract

_FOLDER = Path(__file__).resolve().parents[2] / "data" / "codes"


@cache
def shipped(name: str) -> dict[str, str] | None:
    """Return a shipped list as label by code; None when there is none."""
    path = _FOLDER / f"{name}.csv"
    if not name.replace("-", "").isalnum() or not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row["label"] for row in csv.DictReader(stream)}


def known(contract: Contract) -> dict[str, dict[str, str]]:
    """Return the lists that the contract's columns name, as far as they are known; a column of an unknown list keeps its texts."""
    own = contract.extra.get("code_lists")
    found: dict[str, dict[str, str]] = {}
    for name in {c.codes for c in contract.columns if c.codes}:
        if isinstance(own, dict) and isinstance(own.get(name), dict):
            found[name] = {str(k): str(v) for k, v in own[name].items()}
        elif (rows := shipped(name)) is not None:
            found[name] = rows
    return found
