"""What time causes for cards and orders: steps up, deadlines of orders. Woken by the process that fires the clocks' timers."""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base import pulse
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Task
from yiwang.kernel.identity.models import Account
from yiwang.kernel.supervision.contracts import Facts
from yiwang.kernel.supervision.models import Card, CardState, Due, OrderTarget, TargetState
from yiwang.kernel.supervision.queries import people, rulebook
from yiwang.kernel.supervision.rules import warnings
from yiwang.kernel.supervision.services import cards, telling
from yiwang.kernel.supervision.services.digests import send_digests
from yiwang.kernel.supervision.services.orders import people_of, say

log = logging.getLogger("yiwang.supervision")
MOST_TRIES = 5


def wake(at: datetime | None = None, *, most: int = 500) -> int:
    """Do what is due at `at` (now), oldest first, each at its own moment and in its own transaction; return how many."""
    moment, done = at or now(), 0
    skip: list[int] = []
    while done < most:
        pulse.beat()
        found = (
            Due.objects.filter(done_at__isnull=True, due_at__lte=moment, tries__lt=MOST_TRIES).exclude(pk__in=skip)
            .order_by("due_at", "pk").values_list("pk", flat=True).first()
        )  # fmt: skip
        if found is None:
            break
        try:
            done += int(_do(found))
        except (InterfaceError, OperationalError):
            if not connection.is_usable():
                raise
            log.warning("a due moment waits for the database", exc_info=True, extra={"facts": {"due": found}})
        except Exception as error:  # one broken row must not hold up the others
            log.exception("a due moment could not be done", extra={"facts": {"due": found}})
            Due.objects.filter(pk=found).update(tries=Due.objects.get(pk=found).tries + 1, last_error=str(error)[:300])
        skip.append(found)
    send_digests(moment)
    return done


@transaction.atomic
def _do(pk: int) -> bool:
    due = Due.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, done_at__isnull=True).first()
    if due is None:
        return False
    due.done_at = now()
    due.save(update_fields=["done_at"])
    if due.card_id is not None:
        return _step_up(due)
    return _order_due(due)


def _step_up(due: Due) -> bool:
    """A card that nobody explained goes one step up, unless its case has ended or its work is done."""
    assert due.card_id is not None
    card = Card.all_modes.select_for_update(of=("self",)).select_related("case", "org", "account", "target__order__given_by").get(pk=due.card_id)
    if card.state != CardState.OPEN or card.case_ended_at is not None or (card.case is not None and not card.case.is_open):
        return False
    if card.target is not None and card.target.state != TargetState.WAITING:
        return False
    task = Task.all_modes.select_related("account").filter(uid=card.task_uid).first() if card.task_uid else None
    if task is not None and task.state != "open":
        return False
    card.escalated = due.level
    card.save(update_fields=["escalated"])
    event = audit.record(
        system("rules"), action="supervision.card.escalated", occurred_at=due.due_at, mode=card.mode, area_path=card.area_path,
        data={"card": str(card.uid), "level": due.level, "tell": due.tell},
    )  # fmt: skip
    whom = people.chosen(
        due.tell, task=task, account=card.account, org=card.org, org_path=card.org_path, area_path=card.area_path,
        giver=card.target.order.given_by if card.target else None, level=due.level,
    )  # fmt: skip
    cards.say(card, whom, telling.ESCALATED, event.uid, channels=tuple(due.channels), urgent=card.colour == "red")
    return True


def _order_due(due: Due) -> bool:
    """The rules for orders look at a part that nobody has answered: at, before or after its deadline."""
    assert due.target_id is not None
    target = OrderTarget.all_modes.select_for_update(of=("self",)).select_related("order__given_by", "case", "org", "account").get(pk=due.target_id)
    if target.state != TargetState.WAITING or target.mode != "live":
        return False
    book = rulebook.in_force("")
    facts = Facts(clock="order", mark=due.mark, area_codes=rulebook.area_codes(target.area_path))
    speaking = warnings.speaking(book.rules, facts)
    if not speaking:
        return False
    moment_uid = cards.event_for(target.uid, f"{due.mark}:{target.due_at}")
    task = Task.all_modes.select_related("account").filter(uid=target.task_uid).first() if target.task_uid else None
    card: Card | None = None
    whom: dict[int, Account] = {}
    channels: dict[str, None] = {}
    urgent = target.order.is_urgent
    for rule in speaking:
        if rule.colour is not None and card is None:
            card = cards.by_rule(
                system("rules"), rule, book.version, event_uid=moment_uid, at=due.due_at, case=target.case, task=task, target=target, org=target.org, account=target.account,
                clock="order", mark=due.mark, provisional=target.order.is_provisional, fallback=task.name if task is not None else None,
            )  # fmt: skip
        people_of_rule = people.chosen(
            rule.tell, task=task, account=target.account, org=target.org, org_path=target.org_path, area_path=target.area_path, giver=target.order.given_by,
        )  # fmt: skip
        whom |= {a.pk: a for a in people_of_rule or (people_of(target) if "doer" in rule.tell else [])}
        channels |= dict.fromkeys(rule.channels)
        urgent = urgent or rule.urgent
    if card is not None and card.colour != "green":
        cards.say(card, list(whom.values()), telling.CARD, moment_uid, channels=tuple(channels), urgent=urgent)
    else:
        words = telling.OVERDUE if due.mark == warnings.AT or due.mark.startswith("over") else telling.ORDERED
        say(target.order, list(whom.values()), words, moment_uid, channels=tuple(channels), urgent=urgent)
    return True
