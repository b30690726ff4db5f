"""Rule books in force: shipped as TOML, kept as versions, read once and remembered until the next version."""

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import RuleBook
from yiwang.apps.datahub.rules.base.book import Book, BookError, parse
from yiwang.apps.datahub.services.base.places import anywhere
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.jobs import enqueue

GOVERN = "datahub.base.govern"
DATA = Path(__file__).resolve().parents[2] / "data" / "base"
_kept: dict[tuple[str, int], Book] = {}


def shipped(kind: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{kind}.toml").read_text(encoding="utf-8"))


def install_books() -> None:
    """Store the shipped rules as version 1 where there are none; what was changed here stays."""
    for kind in ("person", "entity"):
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
    actor.require(GOVERN, **anywhere(actor, GOVERN))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    try:
        body = tomllib.loads(text)
        if body.get("kind") != kind:
            raise BookError("kind", kind)
        parse(body)
    except (tomllib.TOMLDecodeError, BookError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise BadInput.one("text", "book", _("The rules cannot be followed: %(what)s.") % {"what": str(error)[:200]}) from error
    return _next(actor, kind, body, reason)


def _next(actor: Actor, kind: str, body: dict[str, Any], reason: str) -> RuleBook:
    last = RuleBook.objects.select_for_update().filter(kind=kind).order_by("-version").first()
    made = RuleBook.objects.create(kind=kind, version=last.version + 1 if last else 1, body=body, reason=reason.strip()[:500], made_by_id=actor.account_id)
    record(actor, action="datahub.base.rules", data={"kind": kind, "version": made.version, "reason": made.reason})
    return made


@transaction.atomic
def change_rules(actor: Actor, kind: str, *, ways: Mapping[str, Sequence[str]], auto: float, review: float, reason: str) -> RuleBook:
    """Store a new version with other orders of survivorship and other thresholds; the golden records follow by a job.

    Raises
    ------
    BadInput
        No reason, nothing changed, or a threshold or way that cannot be followed.
    """
    actor.require(GOVERN, **anywhere(actor, GOVERN))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    row = RuleBook.objects.filter(kind=kind).order_by("-version").first()
    body = deepcopy(row.body if row else shipped(kind))
    book = parse(body)
    default = book.survive["default"]
    survive = {"default": list(default)} | {name: list(order) for name, order in ways.items() if tuple(order) != default}
    body["survive"] = survive
    body["compare"] = {**body["compare"], "auto": auto, "review": review}
    try:
        made = parse(body)
    except BookError as error:
        raise BadInput.one("auto" if error.where.startswith("compare") else "reason", "book", _("The rules cannot be followed: %(what)s.") % {"what": str(error)[:200]}) from error
    if (made.survive, made.auto, made.review) == (book.survive, book.auto, book.review):
        raise BadInput.one("reason", "same", _("Nothing is different from the version in force."))
    stored = _next(actor, kind, body, reason)
    if made.survive != book.survive:
        enqueue("datahub.base_rebuild", kind=kind)
    return stored
