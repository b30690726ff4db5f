"""Keeping the figures by which work is judged as versions."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.city.models import JudgingSetting
from yiwang.apps.city.queries.judging.settings import SETTLE, may_change, values
from yiwang.apps.city.rules.judging.settings import CHOICES, is_share, shipped
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotPermitted


def load_judging() -> int:
    """Store the shipped figures where none are kept yet; what was changed at the desk stays. Returns how many subjects were stored."""
    made = 0
    for code, figures in shipped().items():
        if not JudgingSetting.objects.filter(code=code).exists():
            _store(system("setup"), code, figures)
            made += 1
    return made


def change(actor: Actor, code: str, given: Mapping[str, Any]) -> JudgingSetting:
    """Keep changed figures of a subject as its next version; each is of the kind and in the range of what it replaces.

    Raises
    ------
    NotPermitted
        The actor does not settle checks everywhere.
    BadInput
        A figure that is not known, or of another kind, or below zero, or a share above one.
    """
    if not may_change(actor):
        raise NotPermitted(permission=SETTLE)
    before = values(code)
    for name, value in given.items():
        known = before.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if known is None or isinstance(known, bool) != isinstance(value, bool) or (isinstance(known, int | float) and not isinstance(known, bool) and not is_number):
            raise BadInput.one(name, "unknown", name)
        if is_number and not 0 <= value <= (1 if is_share(name, known) else 1_000_000):
            raise BadInput.one(name, "range", _("A share lies between 0 and 1.") if is_share(name, known) else _("A number from 0 to 1,000,000."))
        if name in CHOICES and not set(value) <= set(CHOICES[name]):
            raise BadInput.one(name, "choice", _("Choose from the list."))
    return _store(actor, code, {**before, **given})


@transaction.atomic
def _store(actor: Actor, code: str, figures: Mapping[str, Any]) -> JudgingSetting:
    text = json.dumps(figures, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    last = JudgingSetting.objects.filter(code=code).select_for_update().order_by("-number").first()
    if last is not None and last.sha256 == digest:
        return last
    row = JudgingSetting.objects.create(
        code=code, number=(last.number if last else 0) + 1, values=dict(figures), sha256=digest, made_at=now(), made_by_name=actor.recorded_name[:120]
    )
    audit.record(actor, action="city.judging.setting", data={"code": code, "number": row.number, "sha256": digest, "values": dict(figures)})
    return row
