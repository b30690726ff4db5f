"""Definitions: loading what ships, a new version, a retirement. A folder never replaces a local edit."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import transaction

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.registry import manifests
from yiwang.kernel.indicators.contracts import Catalogue
from yiwang.kernel.indicators.errors import DefinitionInUse, DefinitionRefused
from yiwang.kernel.indicators.models import Definition
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.rules import definitions
from yiwang.kernel.indicators.rules.definitions import Fault
from yiwang.kernel.indicators.services.permitting import require
from yiwang.kernel.process.feel.limits import N_

EDIT = "indicators.define"
SECTIONS = {"measures": "measure", "indicators": "indicator", "schemes": "scheme"}
BEGINNING = date(2000, 1, 1)  # what ships holds for every day before the first local edit


def load_shipped() -> int:
    """Install the definitions of every app's `data/indicators.toml`; returns how many versions are new. Safe to repeat.

    Raises
    ------
    DefinitionRefused
        What ships does not hang together; nothing was written.
    """
    made = 0
    for code in manifests():
        if not apps.is_installed(f"yiwang.apps.{code}"):
            continue
        path = Path(apps.get_app_config(code).path) / "data" / "indicators.toml"
        if path.is_file():
            made += load(code, tomllib.loads(path.read_text("utf-8")))
    return made


@transaction.atomic
def load(app: str, told: Mapping[str, Any]) -> int:
    """Store what changed of one file as new versions of origin `folder`."""
    _read(told)
    newest = {(d.kind, d.code): d for d in Definition.objects.order_by("version")}
    made = []
    for section, kind in SECTIONS.items():
        for code, body in told.get(section, {}).items():
            digest = _digest(body)
            held = newest.get((kind, code))
            if held is not None and (held.origin == "local" or held.sha256 == digest):
                continue
            day = BEGINNING if held is None else now().date()
            version = 1 if held is None else held.version + 1
            made.append(Definition(kind=kind, code=code, version=version, valid_from=day, app=app, body=body, sha256=digest))
    Definition.objects.bulk_create(made)
    return len(made)


def _read(told: Mapping[str, Any]) -> Catalogue:
    """Read a whole file. Raises DefinitionRefused with every fault."""
    faults: list[Fault] = []
    found: dict[str, dict[str, Any]] = {}
    for section, kind in SECTIONS.items():
        found[section] = {}
        for code, body in told.get(section, {}).items():
            try:
                found[section][code] = getattr(definitions, kind)(code, body)
            except Fault as fault:
                faults.append(fault)
    catalogue = Catalogue(found["measures"], found["indicators"], found["schemes"])
    faults += definitions.check(catalogue)
    if faults:
        raise DefinitionRefused(faults=[f.localized() for f in faults])
    return catalogue


@transaction.atomic
def define(actor: Actor, kind: str, code: str, body: Mapping[str, Any], *, valid_from: date, reason: str, app: str = "") -> Definition:
    """Give a measure, indicator or scheme a new version that holds from a day on. Results that were closed keep theirs.

    Raises
    ------
    NotPermitted
        The actor does not define indicators.
    DefinitionRefused
        It cannot be read, or what needs it would no longer hang together; nothing was written.
    """
    require(actor, EDIT)
    if kind not in SECTIONS.values():
        raise NotFound(what="definition")
    held = Definition.objects.select_for_update().filter(kind=kind, code=code).order_by("-version").first()
    try:
        read = getattr(definitions, kind)(code, body)
    except Fault as fault:
        raise DefinitionRefused(faults=[fault.localized()]) from fault
    present = catalogues.on_day(max(valid_from, now().date()))
    section = next(s for s, k in SECTIONS.items() if k == kind)
    changed = Catalogue(**{s: dict(getattr(present, s)) | ({code: read} if s == section else {}) for s in SECTIONS})
    if faults := definitions.check(changed):
        raise DefinitionRefused(faults=[f.localized() for f in faults])
    return _store(actor, held, kind, code, dict(body), valid_from, reason, app=app)


@transaction.atomic
def retire(actor: Actor, kind: str, code: str, *, valid_from: date, reason: str) -> Definition:
    """Let a definition hold no more from a day on. What others in force are made of stays.

    Raises
    ------
    NotPermitted, NotFound
    DefinitionInUse
        Names what is made of it.
    """
    require(actor, EDIT)
    held = Definition.objects.select_for_update().filter(kind=kind, code=code).order_by("-version").first()
    if held is None or held.is_retired:
        raise NotFound(what="definition")
    users = definitions.users_of(catalogues.on_day(max(valid_from, now().date())), kind, code)
    if users:
        raise DefinitionInUse(what=code, users=users)
    return _store(actor, held, kind, code, dict(held.body), valid_from, reason, retired=True)


def _store(
    actor: Actor, held: Definition | None, kind: str, code: str, body: dict[str, Any], valid_from: date, reason: str, *,
    retired: bool = False, app: str = "",
) -> Definition:  # fmt: skip
    if not reason.strip():
        raise DefinitionRefused(faults=[Fault(f"{kind}.{code}", N_("say why; the reason goes on record")).localized()])
    if held is not None and valid_from < held.valid_from:
        fault = Fault(f"{kind}.{code}", N_("the version in force begins on %(day)s; a new one cannot begin before it"), day=held.valid_from)
        raise DefinitionRefused(faults=[fault.localized()])
    made = Definition.objects.create(
        kind=kind, code=code, version=held.version + 1 if held else 1, valid_from=valid_from, app=held.app if held else app, body=body,
        sha256=_digest(body), origin="local", is_retired=retired, reason=reason[:300], created_by_name=actor.recorded_name,
    )  # fmt: skip
    record(
        actor, action="indicators.retired" if retired else "indicators.defined", outcome=f"{kind}.{code}",
        data={"version": made.version, "valid_from": str(valid_from), "sha256": made.sha256, "reason": reason},
    )  # fmt: skip
    return made


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
