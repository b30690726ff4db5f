"""Code lists that a contract names: those written in the contract itself (`code_lists`), the dictionary's, then those that the platform ships."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from yiwang.apps.datahub.queries.codes import allowed, several
from yiwang.apps.datahub.rules.contract import Contract

_FOLDER = Path(__file__).resolve().parents[2] / "data" / "codes"


@cache
def _file(name: str) -> dict[str, str] | None:
    path = _FOLDER / f"{name}.csv"
    if not name.replace("-", "").isalnum() or not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row["label"] for row in csv.DictReader(stream)}


def shipped(name: str) -> dict[str, str] | None:
    """Return a list of the dictionary, else a shipped one, as label by code; None when there is none."""
    return allowed(name) or _file(name)


def known(contract: Contract) -> dict[str, dict[str, str]]:
    """Return the lists that the contract's columns name, as far as they are known; a column of an unknown list keeps its texts."""
    own = contract.extra.get("code_lists")
    wanted = {c.codes for c in contract.columns if c.codes}
    found: dict[str, dict[str, str]] = {}
    for name in wanted:
        if isinstance(own, dict) and isinstance(own.get(name), dict):
            found[name] = {str(k): str(v) for k, v in own[name].items()}
    found |= several(wanted - set(found)) if wanted - set(found) else {}
    for name in wanted - set(found):
        if (rows := _file(name)) is not None:
            found[name] = rows
    return found
