"""Filling a form for somebody (免填): what the base knows stands there already, with whose it is, and nobody types it twice."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import Subject
from yiwang.apps.datahub.services.base import books, reading
from yiwang.apps.datahub.services.base.places import anywhere
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound

FILL = "datahub.person.fill"


@transaction.atomic
def fill_form(actor: Actor, *, number: str, name: str, fields: Sequence[str], why: reading.Why, kind: str = "person") -> dict[str, reading.Value]:
    """Return the plain values of these fields for the person with this number and this name, each with whose it is.

    Both have to fit: whoever sits at the counter says his name and shows his card. Fields that the base does not have
    are missing in the answer. It stands on the person's access log.

    Raises
    ------
    NotFound
        Nobody has this number and this name, or more than one has.
    NoPurpose
        Purpose, legal basis or case is missing.
    """
    why = why.checked()
    actor.require(FILL, **anywhere(actor, FILL))
    if not number.strip() or not name.strip():
        raise BadInput.one("number", "required", _("Give the number and the name."))
    if not fields or set(fields) - set(books.in_force(kind).names):
        raise BadInput.one("fields", "unknown", _("Choose fields of this base."))
    found: list[Subject] = list(reading.find(kind, number=number, name=name)[:2])
    if len(found) != 1:
        raise NotFound(what="person")
    (read,) = reading.hand_out(actor, found, how="form", fields=fields, why=why, plain=True)
    return {value.field: value for value in read.values}
