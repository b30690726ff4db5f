"""A leader's day on one page (每日要情): what came, what ended, what is red, what waits for him."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from yiwang.apps.city.queries.leader import decisions
from yiwang.apps.city.queries.leader.settings import area_of
from yiwang.apps.city.queries.lists import CaseFilter, cases, day_bounds, local_zone
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.supervision.contracts import Red, RedLine
from yiwang.kernel.supervision.models import Card, CardState, Order, OrderTarget, TargetState
from yiwang.kernel.supervision.queries import cards
from yiwang.kernel.supervision.queries import red as reds
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines

COLUMNS = (("reported", "reported_at"), ("filed", "filed_at"), ("closed", "closed_at"))


@dataclass(frozen=True)
class Count2:
    """A count of a span and of the span before it."""

    now: int
    before: int

    @property
    def change(self) -> int:
        return self.now - self.before


@dataclass(frozen=True)
class Late:
    """A red line with how long it is over, in working minutes (工作时)."""

    line: RedLine
    minutes: float
    org_uid: str = ""
    card_uid: str = ""

    @property
    def seconds(self) -> float:
        return self.minutes * 60


@dataclass(frozen=True, kw_only=True)
class Today:
    day: date
    as_of: datetime
    counts: dict[str, Count2]
    open: int
    overdue: int
    red: Red
    late: list[Late] = field(default_factory=list)
    waiting: int = 0
    answers: int = 0  # replies to his orders that wait for his word


def today(actor: Actor, *, oldest: int) -> Today:
    """Return the day up to this moment beside yesterday up to the same hour; the same number of queries whatever the county."""
    moment = now()
    day = moment.astimezone(local_zone()).date()
    start, _end = day_bounds(day, None)
    assert start is not None
    span = (start, moment)
    rows = cases(actor, CaseFilter()).order_by()
    going = rows.filter(closed_at__isnull=True).aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_at__lt=moment)))
    red = reds.red(actor, size=oldest)
    return Today(
        day=day, as_of=moment, counts=counted(rows, span, tuple(at - timedelta(days=1) for at in span)), open=going["open"], overdue=going["late"],
        red=red, late=late(actor, red.lines, oldest=oldest), waiting=decisions.waiting(actor).count(), answers=answers(actor).count(),
    )  # fmt: skip


def counted(rows: QuerySet[Any], span: tuple[datetime, datetime], before: tuple[datetime, ...]) -> dict[str, Count2]:
    """Count what was reported, filed and ended in a span and in the one before; one query for each, over its own index."""
    found = {}
    for name, column in COLUMNS:
        inside = Q(**{f"{column}__gte": span[0], f"{column}__lt": span[1]})
        earlier = Q(**{f"{column}__gte": before[0], f"{column}__lt": before[1]})
        told = rows.filter(inside | earlier).aggregate(now=Count("pk", filter=inside), before=Count("pk", filter=earlier))
        found[name] = Count2(told["now"], told["before"])
    return found


def late(actor: Actor, lines: Iterable[RedLine], *, oldest: int) -> list[Late]:
    """Return red lines and open red cards together, the oldest first, each with its working time over the limit."""
    moment, calendar = now(), calendar_for(area_of(actor))

    def over(since: datetime) -> float:
        return deadlines.minutes_between(since, moment, Kind.WORK_HOUR, calendar) if since < moment else 0.0

    found = [Late(line, over(line.since)) for line in lines if line.since < moment]
    for card in red_cards(actor)[:oldest]:
        found.append(Late(card_line(card), over(card.given_at), str(card.org.uid) if card.org else "", str(card.uid)))
    return sorted(found, key=lambda one: one.line.since)[:oldest]


def red_cards(actor: Actor) -> QuerySet[Card]:
    """Return the red cards that nobody has explained, oldest first."""
    return cards.visible_to(actor).filter(colour="red", state=CardState.OPEN).select_related("case", "org", "target__order").order_by("given_at", "pk")


def card_line(card: Card) -> RedLine:
    title = card.case.title if card.case else card.target.order.title if card.target else card.reason
    return RedLine(
        kind="card", title=title, number=card.case.number or "" if card.case else "", body=dict(card.org_name), person=card.account_name, since=card.given_at,
        url=f"/{card.case.app}/cases/{card.case.uid}/" if card.case else "", case_uid=card.case.uid if card.case else None, colour=card.colour,
    )  # fmt: skip


def answers(actor: Actor) -> QuerySet[OrderTarget]:
    """Return the parts of the actor's own orders that were answered and wait for his word."""
    return OrderTarget.objects.filter(order__given_by_id=actor.account_id, state=TargetState.REPLIED)


@dataclass(frozen=True, kw_only=True)
class Week:
    """One week, Monday to Sunday; `last` is its last day that has begun."""

    first: date
    last: date
    counts: dict[str, Count2]
    late_closed: int
    red_cards: list[tuple[dict[str, str], int]]
    orders: dict[str, int]
    red: Red
    late: list[Late]


def week(actor: Actor, first: date, *, oldest: int) -> Week:
    """Return the week that begins on a Monday, beside the week before; what is undone is as of now."""
    start, end = day_bounds(first, first + timedelta(days=6))
    assert start is not None
    assert end is not None
    moment, span = now(), (start, end)
    rows = cases(actor, CaseFilter()).order_by()
    given = cards.visible_to(actor).filter(colour="red", given_at__gte=start, given_at__lt=end).exclude(state=CardState.WITHDRAWN)
    by_body: dict[str, tuple[dict[str, str], int]] = {}
    for name, account in given.order_by().values_list("org_name", "account_name"):
        key = str(name.get("zh-Hans") or account)
        by_body[key] = (name or {"zh-Hans": account}, by_body.get(key, ({}, 0))[1] + 1)
    red = reds.red(actor, size=oldest)
    return Week(
        first=first, last=min(first + timedelta(days=6), moment.astimezone(local_zone()).date()),
        counts=counted(rows, span, tuple(at - timedelta(days=7) for at in span)),
        late_closed=rows.filter(closed_at__gte=start, closed_at__lt=end, due_at__lt=F("closed_at")).count(),
        red_cards=sorted(by_body.values(), key=lambda one: -one[1]), orders=ordered(actor, start, end), red=red, late=late(actor, red.lines, oldest=oldest),
    )  # fmt: skip


def ordered(actor: Actor, start: datetime, end: datetime) -> dict[str, int]:
    """Count the parts of the orders that the leader gave in a span: all, waiting, late, answered, accepted; one query."""
    orders = Order.objects.filter(given_by_id=actor.account_id, given_at__gte=start, given_at__lt=end)
    waits = Q(state=TargetState.WAITING)
    found: dict[str, int] = OrderTarget.objects.filter(order__in=orders).aggregate(
        given=Count("pk"), waiting=Count("pk", filter=waits), late=Count("pk", filter=waits & Q(due_at__lt=now())),
        replied=Count("pk", filter=Q(state=TargetState.REPLIED)), accepted=Count("pk", filter=Q(state=TargetState.ACCEPTED)),
    )  # fmt: skip
    return found
