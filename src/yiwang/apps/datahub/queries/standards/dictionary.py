"""The dictionary: present data elements and code lists, their versions, and which columns of which data sets use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models import CodeList, CodeMapping, DataElement, Dataset, DatasetState, StandardState
from yiwang.apps.datahub.rules.standards import elements as rules
from yiwang.apps.datahub.rules.standards.codelists import Change, Entry, difference
from yiwang.apps.datahub.rules.standards.elements import Element
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.permits import visible

SEE, EDIT, VIEW_SETS = "datahub.standard.view", "datahub.standard.edit", "datahub.dataset.view"


def require_edit(actor: Actor) -> None:
    """Refuse who may change the dictionary nowhere: it is one for the whole platform, of no area. Raises NotPermitted."""
    if not actor.may_anywhere(EDIT):
        actor.require(EDIT)


def element_of(row: DataElement) -> Element:
    return rules.from_dict(row.code, row.body, version=row.version, state=row.state)


def elements() -> dict[str, Element]:
    """Return the present element of each code; one query."""
    return {row.code: element_of(row) for row in DataElement.objects.filter(is_present=True)}


def element_rows(*, q: str = "", state: str = "") -> QuerySet[DataElement]:
    """Return present elements by words in name, code, synonyms."""
    rows = DataElement.objects.filter(is_present=True)
    if state in StandardState.values:
        rows = rows.filter(state=state)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(code__icontains=q) | Q(body__english__icontains=q) | Q(body__synonyms__icontains=q))
    return rows


def element_versions(code: str) -> list[DataElement]:
    """Return all versions, the newest first; raises NotFound."""
    rows = list(DataElement.objects.filter(code=code).order_by("-version"))
    if not rows:
        raise NotFound(what="data_element")
    return rows


def list_rows(*, q: str = "") -> QuerySet[CodeList]:
    rows = CodeList.objects.filter(is_present=True)
    return rows.filter(Q(name__icontains=q) | Q(code__icontains=q)) if q else rows


def list_versions(code: str) -> list[CodeList]:
    """Return all versions without their entries, the newest first; raises NotFound."""
    rows = list(CodeList.objects.filter(code=code).order_by("-version").defer("entries"))
    if not rows:
        raise NotFound(what="code_list")
    return rows


def list_version(code: str, version: int | None = None) -> CodeList:
    """Return one version, the present one when none is named; raises NotFound."""
    rows = CodeList.objects.filter(code=code)
    found = rows.filter(version=version).first() if version is not None else rows.filter(is_present=True).first()
    if found is None:
        raise NotFound(what="code_list")
    return found


def entries(row: CodeList) -> tuple[Entry, ...]:
    return tuple(Entry(*(str(part) for part in e)) for e in row.entries)


def change_of(row: CodeList) -> Change:
    """Return what a version changed against the one before it; nothing for the first."""
    before = CodeList.objects.filter(code=row.code, version=row.version - 1).first()
    return difference(entries(before), entries(row)) if before is not None else Change()


def list_codes() -> set[str]:
    return set(CodeList.objects.filter(is_present=True).values_list("code", flat=True))


def mappings_of(code: str) -> list[CodeMapping]:
    """Return the newest mapping of each pair that a list is in."""
    rows = CodeMapping.objects.filter(Q(source=code) | Q(target=code)).order_by("source", "target", "-version").distinct("source", "target")
    return list(rows)


def mapping_row(source: str, target: str) -> CodeMapping | None:
    return CodeMapping.objects.filter(source=source, target=target).order_by("-version").first()


@dataclass(frozen=True, kw_only=True)
class Use:
    """One column of one data set that uses an element or a list."""

    dataset: Dataset
    column: str
    label: str
    pinned: str = ""  # the version that the column names


def uses(actor: Actor, *, element: str = "", codes: str = "") -> list[Use]:
    """Return the columns of data sets that the actor may know of which use an element or a code list; one query.

    The contracts in force say so themselves, so nothing can be out of date.
    """
    wanted = Q(contract__body__columns__contains=[{"element": element}]) if element else Q(contract__body__icontains=f'"codes": "{codes}')
    rows = _sets(actor).filter(wanted).order_by("code")
    found = []
    for dataset in rows[:500]:
        for column in dataset.contract.body.get("columns", ()) if dataset.contract else ():
            named, _at, version = str(column.get("codes") or "").partition("@")
            if (element and column.get("element") == element) or (codes and named == codes):
                found.append(Use(dataset=dataset, column=str(column["name"]), label=str(column.get("label") or column["name"]), pinned=version))
    return found


def _sets(actor: Actor) -> QuerySet[Dataset]:
    rows = visible(Dataset.objects.select_related("contract", "org"), actor, VIEW_SETS)
    return rows.exclude(state=DatasetState.WITHDRAWN).filter(contract__isnull=False)


def described(actor: Actor) -> QuerySet[Dataset]:
    """Return the data sets whose columns are held against the dictionary for this reader."""
    return _sets(actor)


def one_set(actor: Actor, code: str) -> Dataset:
    """Return one of them; raises NotFound."""
    found = _sets(actor).filter(code=code).first()
    if found is None:
        raise NotFound(what="dataset")
    return found


def counted(actor: Actor) -> Mapping[str, int]:
    """Return how many columns use each element, over the sets that the reader may know of; one query."""
    made: dict[str, int] = {}
    for body in _sets(actor).values_list("contract__body__columns", flat=True)[:5000]:
        for column in body or ():
            if column.get("element"):
                made[str(column["element"])] = made.get(str(column["element"]), 0) + 1
    return made
