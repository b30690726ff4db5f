"""Writing rule books: those that ship with an app, and what people change in them."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.supervision.contracts import Rule
from yiwang.kernel.supervision.errors import BookChanged
from yiwang.kernel.supervision.models import RuleBook
from yiwang.kernel.supervision.queries import rulebook
from yiwang.kernel.supervision.rules import warnings

EDIT = "supervision.rule.edit"
SAVED = "supervision.rules.saved"
SHIPPED = Path(__file__).parent.parent / "data" / "orders.toml"


def install_shipped() -> int:
    """Install the rules for orders that ship with the platform; returns the version in force."""
    return install_rules("", SHIPPED)


@transaction.atomic
def install_rules(app: str, file: Path) -> int:
    """Install an app's shipped rules as a new version, unless they are installed or somebody edited them here.

    Raises
    ------
    RuleError
        The file holds a rule that cannot be read.
    """
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    rules = warnings.read_all(tomllib.loads(content.decode()).get("rule", []))
    latest = RuleBook.objects.select_for_update().filter(app=app).order_by("-version").first()
    if latest is not None and (latest.digest == digest or not latest.is_shipped):
        return latest.version
    book = _store(system("setup"), app, (latest.version if latest else 0) + 1, rules, note=file.name, shipped=digest)
    return book.version


@transaction.atomic
def save_rule(actor: Actor, app: str, raw: Mapping[str, Any], *, shown: int, note: str = "", code: str = "") -> int:
    """Add a rule to an app's book, or put it in the place of the rule `code`; returns the new version.

    Raises
    ------
    NotPermitted, NotFound
        The actor may not edit rules; the app has no book, or the book has no rule `code`.
    BookChanged
        Somebody saved a version after the one that was shown.
    BadInput
        Fields that are wrong, each with its sentence; nothing was written.
    """
    book = _open(actor, app, shown)
    try:
        rule = warnings.read(raw)
        if code:
            book.one(code)
        elif any(r.code == rule.code for r in book.rules):
            raise warnings.RuleError([("code", "twice")])
        rules = warnings.read_all([warnings.plain(rule if r.code == code else r) for r in book.rules] + ([] if code else [warnings.plain(rule)]))
    except warnings.RuleError as error:
        raise said(error) from error
    return _store(actor, app, book.version + 1, rules, note=note or rule.code).version


@transaction.atomic
def remove_rule(actor: Actor, app: str, code: str, *, shown: int, note: str = "") -> int:
    """Take a rule out of an app's book; cards that it gave stay. Returns the new version."""
    book = _open(actor, app, shown)
    book.one(code)
    return _store(actor, app, book.version + 1, [r for r in book.rules if r.code != code], note=note or f"- {code}").version


def _open(actor: Actor, app: str, shown: int) -> rulebook.Book:
    if not actor.may_anywhere(EDIT):
        actor.require(EDIT)
    list(RuleBook.objects.select_for_update().filter(app=app).order_by("-version")[:1])
    book = rulebook.book_for(app)
    if book.version != shown:
        raise BookChanged(shown=shown, present=book.version)
    return book


def _store(actor: Actor, app: str, version: int, rules: Sequence[Rule], *, note: str, shipped: str = "") -> RuleBook:
    plain = json.loads(json.dumps([warnings.plain(rule) for rule in rules], ensure_ascii=False))
    book = RuleBook.objects.create(
        app=app, version=version, rules=plain, note=note[:200], is_shipped=bool(shipped), digest=shipped, made_at=now(),
        made_by_id=actor.account_id, made_by_name=actor.recorded_name[:80],
    )  # fmt: skip
    audit.record(actor, action=SAVED, data={"app": app, "version": version, "note": note[:200], "rules": [rule.code for rule in rules]})
    return book


def said(error: warnings.RuleError) -> BadInput:
    """Return the faults of a rule as sentences in the reader's language."""
    words = {
        "code": _("A code is 2 to 40 small Latin letters, digits and underscores, and begins with a letter."),
        "twice": _("There is a rule with this code already."), "required": _("This has to be filled in."), "choice": _("Choose one from the list."),
        "one-of": _("Give either a share of the limit or the minutes left."), "not-here": _("This does not go with the moment chosen."),
        "range": _("This is outside what is possible."), "nothing": _("A rule gives a card, or tells somebody, or both."),
        "too-many": _("These are too many."), "order": _("Each step up comes later than the one before."), "no-card": _("Only a card goes up step by step."),
        "unknown": _("There is no such field."),
    }  # fmt: skip
    return BadInput(errors=tuple({"field": name, "code": code, "message": words.get(code, code)} for name, code in error.faults))
