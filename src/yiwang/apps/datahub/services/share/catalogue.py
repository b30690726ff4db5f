"""The course of a catalogue entry: described, handed in, judged by a second person, changed, withdrawn; each with its version."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import NotNow, SamePerson
from yiwang.apps.datahub.models import BaseKind, Cycle, Dataset, DatasetState, Opening, Sharing
from yiwang.apps.datahub.models.share import CatalogueEntry, CatalogueVersion
from yiwang.apps.datahub.queries.share import catalogue as queries
from yiwang.apps.datahub.queries.share import requests
from yiwang.apps.datahub.rules.share import catalogue as rules
from yiwang.apps.datahub.services.share import clock, telling
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.models import Organization

_SET = ("theme", "base", "keywords", "sharing", "sharing_reason", "opening", "opening_reason", "grade", "cycle")
_ENTRY = ("number", "format", "ways", "network", "source_system", "items", "scene", "contact", "sources")
_CHOICES: dict[str, list[Any]] = {
    "sharing": Sharing.values,
    "opening": Opening.values,
    "cycle": Cycle.values,
    "base": BaseKind.values,
    "grade": [1, 2, 3, 4],
}
_LENGTHS = {"name": 120, "name_en": 120, "abstract": 2000, "theme": 40, "sharing_reason": 500, "opening_reason": 500, "number": 60, "format": 40, "network": 20,
            "source_system": 120, "scene": 500, "contact": 80}  # fmt: skip


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known fields, trimmed; BadInput names each that cannot be kept."""
    errors: list[dict[str, str]] = []
    made: dict[str, Any] = {}
    for name, value in values.items():
        if name not in rules.FIELDS or name in ("code", "provider", "provider_code"):
            continue
        if name in rules.LISTS:
            listed = [str(v).strip()[:80] for v in value if str(v).strip()]
            if name == "ways" and any(way not in rules.WAYS for way in listed):
                errors.append({"field": name, "code": "choice", "message": _("This is none of the choices.")})
            made[name] = listed[:50]
        elif name in _CHOICES:
            made[name] = int(value) if name == "grade" and str(value).isdecimal() else value
            if made[name] not in _CHOICES[name]:
                errors.append({"field": name, "code": "choice", "message": _("This is none of the choices.")})
        else:
            made[name] = str(value).strip()
            if len(made[name]) > _LENGTHS[name]:
                errors.append({"field": name, "code": "length", "message": _("At most %(most)s characters.") % {"most": _LENGTHS[name]}})
    if "name" in made and not made["name"]:
        errors.append({"field": "name", "code": "required", "message": _("The set needs a name.")})
    if errors:
        raise BadInput(errors=tuple(errors))
    return made


def _write(dataset: Dataset, entry: CatalogueEntry, values: Mapping[str, Any]) -> None:
    if "name" in values:
        dataset.name = dataset.name | {"zh-Hans": values["name"]}
    if "name_en" in values:
        dataset.name = dataset.name | {"en": values["name_en"]}
    if "abstract" in values:
        dataset.abstract = dataset.abstract | {"zh-Hans": values["abstract"]}
    for names, row in ((_SET, dataset), (_ENTRY, entry)):
        for name in names:
            if name in values:
                setattr(row, name, values[name])
    dataset.save()
    entry.search = rules.search_text([*dataset.name.values(), *dataset.keywords, *dataset.org.name.values(), dataset.theme, *dataset.abstract.values()])
    entry.save()


def _locked(actor: Actor, dataset: Dataset, permission: str) -> tuple[Dataset, CatalogueEntry]:
    row = Dataset.objects.select_for_update(of=("self",)).select_related("org", "contract").get(pk=dataset.pk)
    actor.require(permission, area_path=row.area_path, org_path=row.org_path)
    entry, _made = CatalogueEntry.objects.get_or_create(dataset=row)
    return row, entry


@transaction.atomic
def begin(actor: Actor, *, code: str, org: Organization, values: Mapping[str, Any]) -> Dataset:
    """Describe a new set of a body; it is a draft that its bureau alone sees.

    Raises
    ------
    NotPermitted, BadInput
        Not his bureau; the code is taken or no code; what was said cannot be kept.
    """
    area = org.area.path
    actor.require(queries.EDIT, area_path=area, org_path=org.path)
    made = _checked({"name": "", **values})
    code = code.strip()
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,79}", code):
        raise BadInput.one("code", "format", _("A code is made of a-z, 0-9 and hyphens and begins with a letter."))
    if Dataset.objects.filter(code=code).exists():
        raise BadInput.one("code", "taken", _("Another set has this code."))
    row = Dataset(code=code, name={}, org=org, org_path=org.path, area_path=area, state=DatasetState.DRAFT)
    row.save()
    _write(row, CatalogueEntry(dataset=row), made)
    audit.record(actor, action="datahub.catalogue.begun", area_path=area, data={"dataset": code})
    return row


@transaction.atomic
def describe(actor: Actor, dataset: Dataset, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Change what an entry says and return the differences. A published set keeps its words until a second person has judged the new ones.

    Raises
    ------
    NotPermitted, NotNow, BadInput
        Not his bureau; it waits to be judged or is withdrawn; nothing would change.
    """
    row, entry = _locked(actor, dataset, queries.EDIT)
    row.entry = entry
    if row.state in (DatasetState.SUBMITTED, DatasetState.WITHDRAWN) or entry.pending is not None:
        raise NotNow(state=str(DatasetState(row.state).label))
    made = _checked(values)
    changes = rules.difference(queries.body_of(row), made)
    if not changes:
        raise BadInput.one("name", "same", _("Nothing has changed."))
    if row.state == DatasetState.DRAFT:
        _write(row, entry, made)
    else:
        after = queries.body_of(row) | made
        _complete(row, after)
        entry.pending = {c["field"]: c["after"] for c in changes}
        entry.submitted_by_id, entry.submitted_at, entry.due_at = actor.account_id, now(), clock.due("judging", row.area_path, now())
        entry.save()
    audit.record(actor, action="datahub.catalogue.described", area_path=row.area_path, data={"dataset": row.code, "fields": [c["field"] for c in changes]})
    return changes


def _complete(row: Dataset, body: Mapping[str, Any]) -> None:
    lacks = rules.missing(body, has_contract=row.contract_id is not None or bool(row.layer))
    words = {
        "law": _("A set that is not shared names the law, decree or policy that forbids it."), "contract": _("The set has no contract: nobody knows its columns."),
        "sharing_reason": _("Say on what condition it is shared."),
    }  # fmt: skip
    if lacks:
        field_of = {"law": "sharing_reason", "contract": "code"}
        raise BadInput(errors=tuple({"field": field_of.get(x, x), "code": f"missing-{x}", "message": words.get(x, _("This has to be said before it is handed in."))} for x in lacks))


@transaction.atomic
def submit(actor: Actor, dataset: Dataset) -> Dataset:
    """Hand a draft in to be judged; BadInput names what it lacks."""
    row, entry = _locked(actor, dataset, queries.EDIT)
    row.entry = entry
    if row.state != DatasetState.DRAFT:
        raise NotNow(state=str(DatasetState(row.state).label))
    _complete(row, queries.body_of(row))
    row.state = DatasetState.SUBMITTED
    row.save(update_fields=["state", "updated_at"])
    entry.submitted_by_id, entry.submitted_at, entry.due_at, entry.returned_reason = actor.account_id, now(), clock.due("judging", row.area_path, now()), ""
    entry.save()
    audit.record(actor, action="datahub.catalogue.submitted", area_path=row.area_path, data={"dataset": row.code})
    return row


@transaction.atomic
def judge(actor: Actor, dataset: Dataset, *, approve: bool, reason: str = "") -> Dataset:
    """Publish a draft that was handed in, or let a change of a published set hold; or give it back with a reason.

    Raises
    ------
    NotPermitted, SamePerson, NotNow, BadInput
        Not his to judge; his own; nothing waits; given back without a reason.
    """
    row, entry = _locked(actor, dataset, queries.GOVERN)
    row.entry = entry
    if row.state != DatasetState.SUBMITTED and entry.pending is None:
        raise NotNow(state=str(DatasetState(row.state).label))
    if entry.submitted_by_id is not None and entry.submitted_by_id == actor.account_id:
        raise SamePerson
    if not approve:
        if not reason.strip():
            raise BadInput.one("reason", "required", _("Say what is to be mended."))
        entry.returned_reason, entry.pending, entry.due_at = reason.strip()[:500], None, None
        entry.save()
        if row.state == DatasetState.SUBMITTED:
            row.state = DatasetState.DRAFT
            row.save(update_fields=["state", "updated_at"])
    elif entry.pending is not None:
        values, entry.pending = entry.pending, None
        _write(row, entry, values)
        _version(row, entry, "changed", actor)
    else:
        row.state = DatasetState.PUBLISHED
        _write(row, entry, {})
        entry.released_at = entry.released_at or now()
        _version(row, entry, "published", actor)
    audit.record(actor, action="datahub.catalogue.judged", outcome="approved" if approve else "returned", area_path=row.area_path, data={"dataset": row.code, "reason": reason[:500]})
    return row


def _version(row: Dataset, entry: CatalogueEntry, action: str, actor: Actor, made_by: str = "") -> CatalogueVersion:
    body = queries.body_of(row)
    last = CatalogueVersion.objects.filter(dataset=row).order_by("-number").first()
    entry.version, entry.due_at = (last.number if last else 0) + 1, None
    entry.save()
    by = made_by or (entry.submitted_by.name if entry.submitted_by is not None else "")
    return CatalogueVersion.objects.create(
        dataset=row, number=entry.version, body=body, difference=rules.difference(last.body, body) if last else [], action=action, made_by_name=by[:80],
        judged_by_name=actor.recorded_name[:80], made_at=now(),
    )  # fmt: skip


@transaction.atomic
def withdraw(actor: Actor, dataset: Dataset, reason: str) -> Dataset:
    """Take a set out of the catalogue and tell those who use it; calls with their grants are refused from now on.

    Raises
    ------
    NotPermitted, NotNow, BadInput
        Not his to withdraw; it is not published; no reason.
    """
    row, entry = _locked(actor, dataset, queries.GOVERN)
    row.entry = entry
    if row.state != DatasetState.PUBLISHED:
        raise NotNow(state=str(DatasetState(row.state).label))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    row.state = DatasetState.WITHDRAWN
    row.save(update_fields=["state", "updated_at"])
    entry.withdrawn_at, entry.withdrawn_reason, entry.pending = now(), reason.strip()[:500], None
    _version(row, entry, "withdrawn", actor, actor.recorded_name)
    event = audit.record(actor, action="datahub.catalogue.withdrawn", area_path=row.area_path, data={"dataset": row.code, "reason": entry.withdrawn_reason})
    title = {"zh-Hans": f"数据目录“{pick(row.name)}”已撤销", "en": f"The data set {pick(row.name)} was withdrawn"}
    for grant in requests.users_of(row):
        people = [*telling.officers(grant.org_path), grant.request.made_by_id]
        telling.tell(people, "datahub.withdrawn", title, reverse("datahub:grant", args=[grant.uid]), event.uid, {"zh-Hans": entry.withdrawn_reason})
    return row
