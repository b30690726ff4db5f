"""Rule books in force: shipped as TOML, kept as versions, read once and remembered until the next version."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import RuleBook
from yiwang.apps.datahub.rules.base.book import Book, BookError, parse
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput

DATA = Path(__file__).resolve().parents[2] / "data" / "base"
_kept: dict[tuple[str, int], Book] = {}


def shipped(kind: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{kind}.toml").read_text(encoding="utf-8"))


def install_books() -> None:
    """Store the shipped rules as version 1 where there are none; what was changed here stays."""
    for kind in ("person",):
        if not RuleBook.objects.filter(kind=kind).exists():
            parse(shipped(kind))
            RuleBook.objects.create(kind=kind, version=1, body=shipped(kind), reason="shipped")


def in_force(kind: str) -> Book:
    """Return the newest version; the shipped one where nothing was installed."""
    row = RuleBook.objects.filter(kind=kind).order_by("-version").values_list("version", flat=True).first() or 0
    if (kind, row) not in _kept:
        body = RuleBook.objects.get(kind=kind, version=row).body if row else shipped(kind)
        _kept[kind, row] = parse(body)
    return _kept[kind, row]


@transaction.atomic
def change_book(actor: Actor, kind: str, text: str, *, reason: str) -> RuleBook:
    """Store a new version written as TOML.

    Raises
    ------
    BadInput
        It is no TOML, or a rule that cannot be followed; the message names the place.
    """
    actor.require("datahub.person.govern")
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    try:
        body = tomllib.loads(text)
        if body.get("kind") != kind:
            raise BookError("kind", kind)
        parse(body)
    except (tomllib.TOMLDecodeError, BookError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise BadInput.one("text", "book", _("The rules cannot be followed: %(what)s.") % {"what": str(error)[:200]}) from error
    last = RuleBook.objects.select_for_update().filter(kind=kind).order_by("-version").first()
    made = RuleBook.objects.create(kind=kind, version=last.version + 1 if last else 1, body=body, reason=reason.strip()[:500], made_by_id=actor.account_id)
    record(actor, action="datahub.base.rules", data={"kind": kind, "version": made.version, "reason": made.reason})
    return made
