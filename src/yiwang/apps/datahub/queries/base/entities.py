"""Lists of legal entities and what hangs on one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models import Licence, Subject, SubjectState
from yiwang.apps.datahub.queries.base import subjects
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.texts import pick


def search(actor: Actor, text: str) -> QuerySet[Subject]:
    """Return living entities of the actor's areas whose name holds the text, or whose credit code begins with it."""
    rows = subjects.visible_to(actor, "entity").filter(state=SubjectState.LIVE)
    text = text.strip()[:60]
    if text:
        rows = rows.filter(Q(label__contains=text) | Q(number__startswith=text.upper()))
    return rows


def licences(subject: Subject, today: date) -> list[dict[str, Any]]:
    """Return the licences of an entity, also those under a credit code that was merged into it; at most 200, the newest first."""
    codes = set(Subject.objects.filter(Q(pk=subject.pk) | Q(redirect=subject)).exclude(number="").values_list("number", flat=True))
    rows = Licence.objects.filter(credit_code__in=codes, ended_at=None).select_related("source__org").order_by("-issued_on", "number")[:200]
    return [
        {"number": r.number, "kind": pick(r.source.name), "org": pick(r.source.org.name), "issued_on": r.issued_on, "valid_until": r.valid_until, "state": r.state, "over": r.valid_until is not None and r.valid_until < today}
        for r in rows
    ]  # fmt: skip
