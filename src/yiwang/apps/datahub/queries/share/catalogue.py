"""Reads of the catalogue (政务信息资源目录): who sees which sets, search, facets, one set, its figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from yiwang.apps.datahub.models import Dataset, DatasetState, Sharing
from yiwang.apps.datahub.models.share import CatalogueEntry, CatalogueVersion
from yiwang.apps.datahub.rules.share import catalogue as rules
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.texts import pick

VIEW, EDIT, GOVERN = "datahub.dataset.view", "datahub.dataset.edit", "datahub.dataset.govern"
FACETS = ("org", "theme", "base", "sharing", "grade", "cycle")
_COLUMNS = {"org": "org__code", "theme": "theme", "base": "base", "sharing": "sharing", "grade": "grade", "cycle": "cycle"}


def visible_to(actor: Actor) -> QuerySet[Dataset]:
    """Return the sets that the reader may know of.

    Everybody of the catalogue sees what is published, save L4 sets that are not shared; his own bureau's in every state; who
    governs sees all of his area.
    """
    wanted = Q(pk__in=[])
    if actor.may_anywhere(VIEW):
        wanted |= Q(state=DatasetState.PUBLISHED) & ~Q(sharing=Sharing.NONE, grade=4)
    for permission in (VIEW, EDIT):
        for scope in actor.scopes(permission):
            if scope.org_path:
                wanted |= Q(org_path__startswith=scope.org_path, area_path__startswith=scope.area_path)
    for scope in actor.scopes(GOVERN):
        wanted |= Q(org_path__startswith=scope.org_path, area_path__startswith=scope.area_path)
    return Dataset.objects.filter(wanted).select_related("org", "contract", "entry")


def search(actor: Actor, *, words: str = "", state: str = "", chosen: Mapping[str, str] | None = None) -> QuerySet[Dataset]:
    """Narrow by words (Chinese, pinyin, initials; all have to be there), state and facets."""
    rows = visible_to(actor)
    for word in words.lower().split()[:8]:
        rows = rows.filter(Q(entry__search__contains=word) | Q(code__contains=word) | Q(**{"name__zh-Hans__icontains": word}))
    if state in DatasetState.values:
        rows = rows.filter(state=state)
    for name, value in (chosen or {}).items():
        if name in _COLUMNS and value:
            if name == "grade" and not value.isdecimal():
                return rows.none()
            rows = rows.filter(**{_COLUMNS[name]: "" if value == "-" else value})
    return rows


def facets(actor: Actor, *, words: str = "", state: str = "", chosen: Mapping[str, str] | None = None) -> dict[str, list[tuple[str, Any, int]]]:
    """Return for each facet (value, name of the body or None, how many), the other facets applied; one query each."""
    found = {}
    for facet in FACETS:
        others = {k: v for k, v in (chosen or {}).items() if k != facet}
        rows = search(actor, words=words, state=state, chosen=others).select_related(None)
        column = _COLUMNS[facet]
        wanted = (column, "org__name") if facet == "org" else (column,)
        counted = rows.order_by().values(*wanted).annotate(many=Count("pk")).order_by("-many", column)
        found[facet] = [(str(r[column]), r.get("org__name"), r["many"]) for r in counted[:40]]
    return found


def one(actor: Actor, code: str) -> Dataset:
    """Return a set by code.

    Raises
    ------
    NotFound
        There is none, or it does not concern the reader: both look alike.
    """
    found = visible_to(actor).filter(code=code).first()
    if found is None:
        raise NotFound(what="dataset")
    return found


def entry_of(dataset: Dataset) -> CatalogueEntry | None:
    """Return the entry of a set; None while nobody has described it."""
    return getattr(dataset, "entry", None)


def body_of(dataset: Dataset) -> dict[str, Any]:
    """Return what the entry says, by the fields of `rules.share.catalogue.FIELDS`."""
    entry = entry_of(dataset) or CatalogueEntry()
    return {
        "code": dataset.code, "number": entry.number, "name": dataset.name.get("zh-Hans", ""), "name_en": dataset.name.get("en", ""),
        "abstract": dataset.abstract.get("zh-Hans", ""), "provider": pick(dataset.org.name), "provider_code": dataset.org.credit_code or dataset.org.code,
        "theme": dataset.theme, "base": dataset.base, "keywords": list(dataset.keywords), "format": entry.format, "sharing": dataset.sharing,
        "sharing_reason": dataset.sharing_reason, "ways": list(entry.ways), "opening": dataset.opening, "opening_reason": dataset.opening_reason, "grade": dataset.grade,
        "cycle": dataset.cycle, "network": entry.network, "source_system": entry.source_system, "items": list(entry.items), "scene": entry.scene,
        "contact": entry.contact, "sources": list(entry.sources),
    }  # fmt: skip


def reader_of(actor: Actor, dataset: Dataset) -> str:
    """Return which kind of reader of masking he is for this set."""
    if any(s.org_path and dataset.org_path.startswith(s.org_path) for s in actor.scopes(EDIT)):
        return "owner"
    return "steward" if actor.may(GOVERN, area_path=dataset.area_path, org_path=dataset.org_path) else "bureau"


def versions(dataset: Dataset) -> QuerySet[CatalogueVersion]:
    return CatalogueVersion.objects.filter(dataset=dataset).order_by("-number")


def waiting(actor: Actor) -> QuerySet[Dataset]:
    """Return what waits to be judged, for who governs."""
    wanted = Q(pk__in=[])
    for scope in actor.scopes(GOVERN):
        wanted |= Q(org_path__startswith=scope.org_path, area_path__startswith=scope.area_path)
    waits = Q(state=DatasetState.SUBMITTED) | Q(entry__pending__isnull=False)
    return Dataset.objects.filter(wanted & waits).select_related("org", "entry")


def made_of(dataset: Dataset, actor: Actor) -> tuple[list[Dataset], list[Dataset]]:
    """Return the sets that this one was made of, and those made of it, as far as the reader may know of them."""
    entry = entry_of(dataset)
    seen = visible_to(actor)
    before = list(seen.filter(code__in=list(entry.sources)[:50])) if entry is not None and entry.sources else []
    return before, list(seen.filter(entry__sources__contains=[dataset.code])[:50])


def lateness(dataset: Dataset, now: datetime, days: Mapping[str, int]) -> int | None:
    """Return by how many seconds the set is late (negative: still on time); None when it never came or has no cycle."""
    late = rules.late_by(dataset.cycle, dataset.landed_at, now, days)
    return None if late is None else int(late.total_seconds())
