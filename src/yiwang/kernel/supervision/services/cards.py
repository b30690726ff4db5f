"""Cards (黄牌、红牌): given by a rule or by a person, explained, withdrawn with a reason; never deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import work
from yiwang.kernel.identity.models import Account, Organization
from yiwang.kernel.supervision.contracts import CardReceipt, Colour, Rule
from yiwang.kernel.supervision.errors import CardNotOpen
from yiwang.kernel.supervision.models import Card, CardState, Due, OrderTarget
from yiwang.kernel.supervision.queries import cards, people
from yiwang.kernel.supervision.services import telling
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines

GIVE = "supervision.card.give"


def give_card(actor: Actor, *, case_uid: UUID | None = None, colour: str, reason: str, org_uid: UUID | None = None, account_uid: UUID | None = None, key: str = "") -> CardReceipt:
    """Give a card by hand, for a case or for none.

    Without `org_uid` and `account_uid` it goes to whoever has the case now: the body of its open task, and the person named
    there. Needs `supervision.card.give` in the case's area (the body's, without a case). `key` makes a repeat harmless.

    Raises
    ------
    NotFound, NotPermitted
        The case does not concern the actor, or his posts do not give the right there.
    BadInput
        No such colour, no reason, nobody to give it to. Nothing was written.
    """
    body = {"do": "card", "case": str(case_uid or ""), "colour": colour, "reason": reason, "org": str(org_uid or ""), "account": str(account_uid or "")}
    answer, repeated = once(actor, key, body, lambda: {"card": str(_give(actor, case_uid, colour, reason, org_uid, account_uid).uid)})
    return CardReceipt(UUID(answer["card"]), repeated)


def _give(actor: Actor, case_uid: UUID | None, colour: str, reason: str, org_uid: UUID | None, account_uid: UUID | None) -> Card:
    if colour not in set(Colour):
        raise BadInput.one("colour", "choice", _("Choose green, yellow or red."))
    reason = checked(reason, "reason", 500)
    case = work.case_for(actor, case_uid) if case_uid is not None else None
    org = Organization.objects.select_related("area").filter(uid=org_uid).first() if org_uid else None
    account = Account.objects.filter(uid=account_uid, is_citizen=False).first() if account_uid else None
    if (org_uid and org is None) or (account_uid and account is None):
        raise BadInput.one("org", "unknown", _("There is no such organization.") if org_uid else _("There is no such person."))
    task = None
    if case is not None and org is None and account is None:
        task = Task.all_modes.filter(case=case, kind="process", state="open").select_related("org", "account").order_by("-pk").first()
        org, account = (task.org, task.account) if task is not None else (case.org, None)
    if org is None and account is None:
        raise BadInput.one("org", "required", _("Choose the body or the person that gets the card."))
    if case is None and org is None:
        raise BadInput.one("org", "required", _("Without a case, a card goes to a body."))
    area_path = case.area_path if case is not None else org.area.path if org is not None else ""
    actor.require(GIVE, area_path=area_path, org_path=org.path if org is not None and not case else _org_path(actor, case, org))
    moment = now()
    card = Card.objects.create(
        key=f"hand:{uuid7()}", colour=colour, mode=case.mode if case else "live", is_sample=bool(case and case.is_sample), case=case, org=org, account=account,
        area_path=area_path, reason=reason, given_at=moment, given_by_id=actor.account_id, given_by_name=actor.recorded_name[:80],
        task_uid=task.uid if task else None, step=task.step if task else "", **named(org, account),
    )  # fmt: skip
    event = audit.record(actor, action="supervision.card.given", mode=card.mode, area_path=area_path, data=told(card))
    whom = {a.pk: a for a in [*([account] if account else []), *(people.of_body(org) if org else [])]}
    if org is not None and (chain := people.leaders(org.path)):
        whom |= {a.pk: a for a in chain[0]}
    say(card, list(whom.values()), telling.CARD, event.uid, urgent=colour == Colour.RED)
    return card


def _org_path(actor: Actor, case: Case | None, org: Organization | None) -> str:
    return org.path if org is not None else case.org_path if case is not None else ""


def named(org: Organization | None, account: Account | None, fallback: Any = None) -> dict[str, Any]:
    """Return the names of the day: a body that is renamed or merged later keeps the one under which it got the card."""
    name = dict(org.name) if org else dict(fallback or {})
    return {"org_name": name, "org_path": org.path if org else "", "account_name": str(account)[:80] if account else ""}


def told(card: Card) -> dict[str, Any]:
    """Return what the record says of a card: no personal values."""
    return {
        "card": str(card.uid), "colour": card.colour, "case": str(card.case.uid) if card.case else "", "org": card.org.code if card.org else "",
        "account_id": card.account_id, "rule": card.rule_code, "version": card.rule_version, "clock": card.clock, "mark": card.mark, "reason": card.reason,
    }  # fmt: skip


def say(card: Card, whom: Sequence[Account], words: Any, event_uid: UUID | None, *, channels: Sequence[str] = (), urgent: bool = False) -> None:
    """Tell people of a card; the link is the case where there is one, else the card."""
    title = card.case.title if card.case else card.target.order.title if card.target else card.reason
    text = telling.fill(words, colour=telling.COLOURS[card.colour], body=card.org_name or {"zh-Hans": card.account_name}, title=title[:80])
    why = dict(card.rule_name) if card.rule_name else {"zh-Hans": card.reason, "en": card.reason}
    telling.tell(
        whom, kind=f"supervision.card.{card.colour}", title=text, body=why, link=f"/supervision/cards/{card.uid}/", subject=("card", card.uid), event_uid=event_uid,
        channels=channels, urgent=urgent, is_sample=card.is_sample,
    )  # fmt: skip


def by_rule(
    actor: Actor, rule: Rule, version: int, *, event_uid: UUID, at: datetime, case: Case | None = None, task: Task | None = None, target: OrderTarget | None = None,
    org: Organization | None, account: Account | None, clock: str, mark: str, step: str = "", provisional: bool = False, fallback: Any = None,
) -> Card:  # fmt: skip
    """Give the card that a rule says, once for the event and receiver: a second time it is the same card.

    A step of a post in no body (the centre's own) gets its card under the post's name (`fallback`).
    """
    area_path = case.area_path if case else target.area_path if target else ""
    key = f"rule:{event_uid}:{org.pk if org else 0}:{account.pk if account else 0}"
    mode = case.mode if case else target.mode if target else "live"
    card, made = Card.all_modes.get_or_create(
        key=key,
        defaults={
            "colour": str(rule.colour or Colour.GREEN), "mode": mode, "is_sample": bool(case and case.is_sample), "case": case, "target": target, "org": org, "account": account,
            "area_path": area_path, "rule_code": rule.code, "rule_name": dict(rule.name), "rule_version": version, "clock": clock, "mark": mark, "step": step,
            "task_uid": task.uid if task else None, "given_at": at, "given_by_name": "", "is_provisional": provisional,
            "reason": rule.name.get("zh-Hans", ""), **named(org, account, fallback),
        },
    )  # fmt: skip
    if not made:
        return card
    if case is not None and not case.is_open:
        card.case_ended_at, card.case_ended_as = case.closed_at, case.outcome
        card.save(update_fields=["case_ended_at", "case_ended_as"])
    else:
        _steps_up(card, rule, at)
    audit.record(actor, action="supervision.card.given", occurred_at=at, mode=mode, area_path=area_path, data=told(card))
    return card


def _steps_up(card: Card, rule: Rule, at: datetime) -> None:
    calendar = calendar_for(card.area_path)
    Due.objects.bulk_create(
        Due(
            card=card, tell=list(step.tell), channels=list(rule.channels), level=level, after_minutes=step.after_minutes,
            due_at=deadlines.add_minutes(at, step.after_minutes, Kind.WORK_HOUR, calendar),
        )
        for level, step in enumerate(rule.escalate, 1)
    )  # fmt: skip


def _locked(uid: UUID) -> Card:
    found = Card.all_modes.select_for_update(of=("self",)).select_related("case", "org", "account", "target__order").filter(uid=uid).first()
    if found is None:
        raise NotFound(what="card")
    return found


def answer_card(actor: Actor, uid: UUID, text: str, *, key: str = "") -> CardReceipt:
    """Explain a card for the body or person that got it: it goes no further up.

    Raises
    ------
    NotFound, CardNotOpen, BadInput
        It is none of his; it was explained or withdrawn; no text.
    """
    answer, repeated = once(actor, key, {"do": "answer_card", "card": str(uid), "text": text}, lambda: _answer(actor, uid, text))
    return CardReceipt(UUID(answer["card"]), repeated)


def _answer(actor: Actor, uid: UUID, text: str) -> dict[str, Any]:
    card = _locked(uid)
    if not cards.is_visible(actor, card):
        raise NotFound(what="card")
    cards.require_answer(actor, card)
    text = checked(text, "text", 2000)
    if card.state != CardState.OPEN or card.colour == Colour.GREEN:  # a reminder asks for no explanation
        raise CardNotOpen(state=str(card.get_state_display()))
    card.state, card.answer, card.answered_at, card.answered_by_name = CardState.ANSWERED, text, now(), actor.recorded_name[:80]
    card.save(update_fields=["state", "answer", "answered_at", "answered_by_name"])
    card.dues.filter(done_at__isnull=True).delete()
    audit.record(actor, action="supervision.card.answered", mode=card.mode, area_path=card.area_path, data={"card": str(card.uid)})
    return {"card": str(card.uid)}


def withdraw_card(actor: Actor, uid: UUID, reason: str, *, key: str = "") -> CardReceipt:
    """Take a card back, with a reason that goes on record; it stays in the list and no longer counts.

    Raises
    ------
    NotFound, NotPermitted, CardNotOpen, BadInput
        It is none of his; he may give none there; it was withdrawn before; no reason.
    """
    answer, repeated = once(actor, key, {"do": "withdraw_card", "card": str(uid), "reason": reason}, lambda: _withdraw(actor, uid, reason))
    return CardReceipt(UUID(answer["card"]), repeated)


def _withdraw(actor: Actor, uid: UUID, reason: str) -> dict[str, Any]:
    card = _locked(uid)
    if not cards.is_visible(actor, card):
        raise NotFound(what="card")
    actor.require(GIVE, area_path=card.area_path, org_path=card.org_path)
    reason = checked(reason, "reason", 500)
    if card.state == CardState.WITHDRAWN:
        raise CardNotOpen(state=str(card.get_state_display()))
    card.state, card.withdrawn_at, card.withdrawn_by_name, card.withdrawn_reason = CardState.WITHDRAWN, now(), actor.recorded_name[:80], reason
    card.save(update_fields=["state", "withdrawn_at", "withdrawn_by_name", "withdrawn_reason"])
    card.dues.filter(done_at__isnull=True).delete()
    event = audit.record(actor, action="supervision.card.withdrawn", mode=card.mode, area_path=card.area_path, data={"card": str(card.uid), "reason": reason})
    whom = {a.pk: a for a in [*([card.account] if card.account else []), *(people.of_body(card.org) if card.org else [])]}
    say(card, list(whom.values()), telling.WITHDRAWN, event.uid)
    return {"card": str(card.uid)}


def case_ended(case: Case) -> None:
    """Mark the cards of a case that has ended: they stay as facts and go no further up."""
    for card in Card.all_modes.select_for_update(of=("self",)).filter(case=case, case_ended_at__isnull=True):
        card.case_ended_at, card.case_ended_as = case.closed_at, case.outcome
        card.save(update_fields=["case_ended_at", "case_ended_as"])
        card.dues.filter(done_at__isnull=True).delete()


def case_reopened(case: Case) -> None:
    """A case that goes on again: its cards no longer say that it ended."""
    Card.all_modes.filter(case=case, case_ended_at__isnull=False).update(case_ended_at=None, case_ended_as="")


def checked(text: str, field: str, most: int) -> str:
    """Return a text that can be kept, or refuse it."""
    text = text.strip()
    if not text or len(text) > most:
        raise BadInput.one(field, "length", _("1 to %(most)s characters.") % {"most": most})
    if not is_showable(text):
        raise BadInput.one(field, "control", _("The text has characters that cannot be shown. Type it again."))
    return text


def event_for(card_uid: UUID, what: str) -> UUID:
    """Return a number for something that time caused and that has no event of its own."""
    return uuid5(card_uid, what)


__all__ = ["answer_card", "by_rule", "case_ended", "case_reopened", "give_card", "named", "say", "withdraw_card"]
