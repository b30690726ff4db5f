"""Verify (核验): yes or no for each field, without giving or even opening the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import BaseSource, FieldValue, Subject
from yiwang.apps.datahub.services.base import books, reading, sealed
from yiwang.apps.datahub.services.base.places import anywhere
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput

VERIFY = {"person": "datahub.person.verify", "entity": "datahub.entity.verify"}
MOST = 200
KEYS = {"person": "id_number", "entity": "credit_code"}
Answer = dict[str, bool | None]
Port = Callable[[str, Mapping[str, str], reading.Why], Answer | None]


def verify(actor: Actor, kind: str, asked: Sequence[Mapping[str, str]], *, why: reading.Why) -> list[Answer]:
    """Answer for each claim whether each field is so: true, false, or null where the base does not know.

    A claim names the number and what is to be compared; `found` says whether anybody has that number. Values are compared
    by keyed hash: nothing is decrypted. Who is not here is asked of the remote ports (province, city), where there are any.

    Raises
    ------
    BadInput
        Too many claims, no number, or a field that cannot be verified.
    NoPurpose
        Purpose, legal basis or case is missing.
    """
    why = why.checked()
    actor.require(VERIFY[kind], **anywhere(actor, VERIFY[kind]))
    if not 1 <= len(asked) <= MOST:
        raise BadInput.one("claims", "many", _("Ask for 1 to %(most)s at a time.") % {"most": MOST})
    key, allowed = KEYS[kind], {f.name for f in books.in_force(kind).fields if f.verify}
    for claim in asked:
        if not claim.get(key):
            raise BadInput.one(key, "required", _("Give the number of each."))
        if unknown := sorted(set(claim) - allowed):
            raise BadInput.one(unknown[0], "unknown", _("The field %(name)s cannot be verified.") % {"name": unknown[0]})
    return _answers(actor, kind, asked, why)


@transaction.atomic
def _answers(actor: Actor, kind: str, asked: Sequence[Mapping[str, str]], why: reading.Why) -> list[Answer]:
    key = KEYS[kind]
    numbers = [sealed.index_of(claim[key], key) for claim in asked]
    wanted = sorted({f for claim in asked for f in claim if f != key})
    people: dict[str, list[int]] = {}
    rows = Subject.objects.filter(kind=kind, state="live", number_index__in=set(numbers)).only("pk", "uid", "number_index").order_by("pk")
    found = list(rows)
    for row in found:
        people.setdefault(row.number_index, []).append(row.pk)
    known = {
        (subject, field): index
        for subject, field, index in FieldValue.objects.filter(subject_id__in=[s.pk for s in found], field__in=wanted).values_list("subject_id", "field", "index")
    }
    ports = _ports(kind)
    answers: list[Answer] = []
    for claim, number in zip(asked, numbers, strict=True):
        same = people.get(number, [])
        if not same:
            answers.append(next((a for port in ports if (a := port(kind, claim, why)) is not None), {"found": False}))
            continue
        # Two people with one number: whoever fits best is meant, and `found` stays true.
        given = {f: sealed.index_of(v, f) for f, v in claim.items() if f != key}
        each: list[Answer] = [{f: None if (pk, f) not in known else known[pk, f] == index for f, index in given.items()} for pk in same]
        best: Answer = max(each, key=lambda a: sum(v is True for v in a.values()))
        answers.append({"found": True, **best})
    reading.note_reading(actor, found, how="verify", fields=[key, *wanted], why=why)
    return answers


def _ports(kind: str) -> list[Port]:
    """Return the remote ports (settings.BASE_PORTS: name -> dotted function) of active remote sources."""
    known: Mapping[str, str] = getattr(settings, "BASE_PORTS", {})
    if not known:
        return []
    names = BaseSource.objects.filter(kind=kind, is_remote=True, is_active=True).order_by("code").values_list("port", flat=True)
    return [import_string(known[name]) for name in names if name in known]
