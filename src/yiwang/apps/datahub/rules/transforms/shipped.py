"""Folders of models and contracts, read into one another.

A folder holds `<code>.sql` with `<code>.yaml`, the contract of what it makes, and in `inputs/` contracts of what it reads
where the installation is to make those data sets itself (the sample).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from yiwang.apps.datahub.rules.contract import Contract, parse
from yiwang.apps.datahub.rules.transforms.expressions import EXPRESSIONS, compiled
from yiwang.apps.datahub.rules.transforms.models import Model, ModelError, read

FOLDER = Path(__file__).resolve().parents[2] / "data" / "transforms"


def contracts_in(folder: Path) -> dict[str, Contract]:
    """Return the contracts of a folder by the codes of their data sets; ContractError for one that is none."""
    found = [parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("**/*.yaml"))]
    return {c.dataset: c for c in found}


def texts_in(folder: Path) -> dict[str, str]:
    """Return the contracts of a folder as they are written."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("**/*.yaml"))}


def models_in(folder: Path, known: Mapping[str, Contract]) -> dict[str, Model]:
    """Return the models of a folder; expressions are compiled with the contracts in `known`.

    Raises
    ------
    ModelError
        Also `expression` for one that is not there, `contract` when it reads a data set of which no contract is known.
    """
    found: dict[str, Model] = {}
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        made = read(path.stem, text)
        if not made.sql:
            if made.expression not in EXPRESSIONS:
                raise ModelError(path.stem, "expression")
            if not all(code in known for code in made.reads):
                raise ModelError(path.stem, "contract")
            made = read(path.stem, text, {made.expression: compiled(made.expression, {code: known[code] for code in made.reads})})
        found[made.code] = made
    return found
