"""Models as pages show them, and where columns come from and went (血缘), as far as the reader sees the data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from yiwang.apps.datahub.models import Dataset, Source, TransformRun
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.contract import Contract, ContractError
from yiwang.apps.datahub.rules.landing.headers import match
from yiwang.apps.datahub.rules.transforms import Edge, Model, ModelError, edges_of, order
from yiwang.apps.datahub.rules.transforms.lineage import downstream, upstream
from yiwang.apps.datahub.rules.transforms.shipped import FOLDER, contracts_in, models_in
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.permits import visible

VIEW, RUN = "datahub.dataset.view", "datahub.model.run"
# Other subjects tell where columns went in their rooms: a share, an open data set, a base database.
PLACES: list[Callable[[Iterable[str]], list[Edge]]] = []


def folders() -> list[Path]:
    """Return the folders of models: those shipped, then the installation's own, whose files win."""
    own = Path(str(settings.LAKE["models"]))
    return [FOLDER, *([own] if own.is_dir() else [])]


def definitions() -> tuple[dict[str, Model], dict[str, str]]:
    """Return the models by code, in an order that can be run, and what is wrong with a folder, by its name."""
    found: dict[str, Model] = {}
    wrong: dict[str, str] = {}
    for folder in folders():
        try:
            found |= models_in(folder, contracts_in(folder) | _contracts())
        except (ModelError, ContractError) as error:
            wrong[folder.name] = str(error)
    try:
        return {m.code: m for m in order(found.values())}, wrong
    except ModelError as error:
        return {}, wrong | {"": str(error)}


def _contracts() -> dict[str, Contract]:
    rows = Dataset.objects.exclude(contract=None).select_related("contract").only("code", "contract__body")
    return {d.code: contracts.from_dict(d.contract.body) for d in rows if d.contract is not None}


def seen(actor: Actor) -> dict[str, Dataset]:
    """Return the data sets that the actor may know of, by code."""
    return {d.code: d for d in visible(Dataset.objects.select_related("org", "contract"), actor, VIEW).order_by("code")}


def last_runs(count: int = 10) -> list[TransformRun]:
    return list(TransformRun.objects.order_by("-began_at", "-pk")[:count])


def edges() -> list[Edge]:
    """Return every edge between columns that is known now: of sources, of models, of other places."""
    known, found = _contracts(), list[Edge]()
    columns = {code: [c.name for c in contract.columns] for code, contract in known.items()}
    for source in Source.objects.select_related("dataset").only("name", "columns", "dataset__code"):
        contract = known.get(source.dataset.code)
        if contract is None or not source.columns:
            continue
        places = match([str(c) for c in source.columns], contract.columns).places
        found += [Edge(f"source:{source.uid}", str(source.columns[at]), source.dataset.code, name, "read", source.name) for name, at in places.items()]
    for model in definitions()[0].values():
        if model.code in known and all(code in columns for code in model.reads):
            found += edges_of(model, {code: columns[code] for code in model.reads})
    for place in PLACES:
        found += place(columns)
    return found


def lineage(actor: Actor, code: str, column: str = "") -> dict[str, Any]:
    """Return a data set's columns with what is directly above and below, and of one column everything; raises NotFound.

    Data sets that the actor may not know of are counted, not named.
    """
    datasets = seen(actor)
    dataset = datasets.get(code)
    if dataset is None or dataset.contract is None:
        raise NotFound(what="dataset")
    rows, contract = edges(), contracts.from_dict(dataset.contract.body)
    if column and column not in {c.name for c in contract.columns}:
        raise NotFound(what="column")
    known = {"datasets": datasets, "contracts": {c: contracts.from_dict(d.contract.body) for c, d in datasets.items() if d.contract is not None}}
    made: dict[str, Any] = {"dataset": dataset, "columns": []}
    for one in contract.columns:
        above = [e for e in rows if (e.target, e.column) == (code, one.name)]
        below = [e for e in rows if (e.source, e.source_column) == (code, one.name)]
        made["columns"].append({"name": one.name, "label": one.label or one.name, "personal": bool(one.personal), "above": _ends(above, known, up=True), "below": _ends(below, known, up=False)})
    if column:
        made["column"] = next(c for c in made["columns"] if c["name"] == column)
        made["above"] = [(depth, _end(e, known, up=True)) for depth, e in upstream(rows, code, column)]
        made["below"] = [(depth, _end(e, known, up=False)) for depth, e in downstream(rows, code, column)]
    return made


def _ends(found: list[Edge], known: dict[str, Any], *, up: bool) -> list[dict[str, Any]]:
    return [_end(e, known, up=up) for e in found]


def _end(edge: Edge, known: dict[str, Any], *, up: bool) -> dict[str, Any]:
    code, column = (edge.source, edge.source_column) if up else (edge.target, edge.column)
    dataset, contract = known["datasets"].get(code), known["contracts"].get(code)
    if code.startswith("source:"):
        shown = edge.target in known["datasets"]
        return {"hidden": not shown, "code": "", "name": edge.text if shown else "", "column": column, "label": column, "how": edge.how, "text": ""}
    if dataset is None:
        return {"hidden": True, "code": "", "name": "", "column": "", "label": "", "how": edge.how, "text": ""}
    label = next((c.label for c in contract.columns if c.name == column), "") if contract else ""
    made_of = edge.text if edge.target in known["datasets"] else ""
    return {"hidden": False, "code": code, "name": texts.pick(dataset.name), "column": column, "label": label or column, "how": edge.how, "text": made_of}
