"""Registers of licences come in: a row is a licence, told again it is the same, no longer told it is ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import BaseSource, Licence
from yiwang.apps.datahub.rules.base.keys import identity_of
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound

FIELD = "licences"  # what the source's list of lawful fields says when it tells of licences
LOAD = "datahub.base.load"


@dataclass
class LoadedLicences:
    """Rows sent = fresh + changed + same + refused."""

    fresh: int = 0
    changed: int = 0
    same: int = 0
    ended: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def load_licences(actor: Actor, source_code: str, rows: Iterable[Mapping[str, object]], *, complete: bool = False) -> LoadedLicences:
    """Take licences of a register: `number`, `credit_code`, `issued_on`, `valid_until` (ISO), `state`.

    Raises
    ------
    NotFound, NotPermitted
        No such register, or another bureau's.
    BadInput
        The register does not tell of licences.
    """
    source = BaseSource.objects.select_related("org").select_for_update(of=("self",)).filter(code=source_code, kind="entity", is_active=True).first()
    if source is None:
        raise NotFound(what="source")
    actor.require(LOAD, org_path=source.org_path)
    if FIELD not in source.fields:
        raise BadInput.one("source", "licences", _("This register does not tell of licences."))
    done, moment = LoadedLicences(), now()
    wanted: dict[str, Licence] = {}
    for place, raw in enumerate(rows, 1):
        taken = _taken(source, raw)
        if isinstance(taken, str):
            done.refused.append((place, taken))
        elif taken.number in wanted:
            done.refused.append((place, _("The same id stands twice in this delivery.")))
        else:
            taken.loaded_at = moment
            wanted[taken.number] = taken
    known = {row.number: row for row in Licence.objects.filter(source=source, number__in=wanted)}
    fresh, changed = [], []
    for number, one in wanted.items():
        old = known.get(number)
        if old is None:
            fresh.append(one)
        elif _facts(old) == _facts(one) and old.ended_at is None:
            done.same += 1
        else:
            one.pk, one.uid = old.pk, old.uid
            changed.append(one)
    Licence.objects.bulk_create(fresh)
    Licence.objects.bulk_update(changed, ["credit_code", "issued_on", "valid_until", "state", "loaded_at", "ended_at"])
    if complete:
        done.ended = Licence.objects.filter(source=source, ended_at=None).exclude(number__in=wanted).update(ended_at=moment)
    done.fresh, done.changed = len(fresh), len(changed)
    BaseSource.objects.filter(pk=source.pk).update(loaded_at=moment)
    record(actor, action="datahub.base.licences", area_path=source.org.area.path if source.org.area else "", data={
        "source": source.code, "fresh": done.fresh, "changed": done.changed, "same": done.same, "ended": done.ended, "refused": len(done.refused),
    })  # fmt: skip
    return done


def _facts(row: Licence) -> tuple[object, ...]:
    return (row.credit_code, row.issued_on, row.valid_until, row.state)


def _taken(source: BaseSource, raw: Mapping[str, object]) -> Licence | str:
    texts = {name: " ".join(str(raw.get(name) or "").split()) for name in ("number", "credit_code", "issued_on", "valid_until", "state")}
    if not texts["number"] or len(texts["number"]) > 80:
        return _("The row has no id of its source.")
    code = identity_of(texts["credit_code"])
    if not code or code != texts["credit_code"].upper():
        return _("The credit code is not a valid one.")
    days: dict[str, date | None] = {}
    for name in ("issued_on", "valid_until"):
        if texts[name] and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", texts[name]):
            return _("The day of the row is no date: write 2026-11-23.")
        try:
            days[name] = date.fromisoformat(texts[name]) if texts[name] else None
        except ValueError:
            return _("The day of the row is no date: write 2026-11-23.")
    return Licence(source=source, number=texts["number"], credit_code=code, state=texts["state"][:40], issued_on=days["issued_on"], valid_until=days["valid_until"])
