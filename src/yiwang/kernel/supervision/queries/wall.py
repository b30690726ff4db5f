"""The wall (督办欠账): who has owed us what, for how long. By body and by person, oldest first; each opens to its cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from yiwang.kernel.base import registry, texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.paging import Page, page_by_key
from yiwang.kernel.cases.models import Task
from yiwang.kernel.supervision.contracts import Form
from yiwang.kernel.supervision.models import OrderTarget
from yiwang.kernel.supervision.queries import red
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines
from yiwang.kernel.worktime.rules.calendars import Calendar

KINDS = ("late", "orders", "helps")
_SALT = "yiwang.wall"


@dataclass
class Debt:
    """What one body or person owes. `since` is the oldest: a task's due time, the moment an answer was asked for."""

    key: str  # "org:<uid>", "post:<permission>", "person:<uid>", "nobody"
    name: str
    under: str = ""  # of a person: his body
    late: int = 0
    orders: int = 0
    notes: int = 0
    helps: int = 0
    since: datetime = field(default_factory=now)
    worked_minutes: float = 0  # working time since then

    @property
    def total(self) -> int:
        return self.late + self.orders + self.notes + self.helps


@dataclass(frozen=True)
class Wall:
    """One page of debts, the oldest first, with the sums of all pages."""

    rows: list[Debt]
    bodies: int
    late: int
    orders: int
    notes: int
    helps: int
    longest: list[Debt]  # those with most, for the chart
    next: str = ""
    is_first: bool = True


class Worked:
    """Working minutes since a moment, each calendar read once."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._known: dict[str, Calendar] = {}

    def since(self, moment: datetime, area_path: str = "") -> float:
        root = area_path.split(".", 1)[0]
        if root not in self._known:
            self._known[root] = calendar_for(area_path)
        return deadlines.minutes_between(moment, self.at, Kind.WORK_HOUR, self._known[root]) if moment < self.at else 0.0


def wall(actor: Actor, *, by: str = "body", cursor: str = "", size: int = 30) -> Wall:
    """Return who owes what inside the actor's areas and bodies; three queries whatever their number.

    Raises
    ------
    BadInput
        The cursor is not one of ours.
    """
    found = _by_person(actor) if by == "person" else _by_body(actor)
    rows = sorted(found.values(), key=lambda d: (d.since, d.key))
    after = _read(cursor, by) if cursor else None
    left = [d for d in rows if after is None or (d.since, d.key) > after]
    shown = left[:size]
    most = sorted(rows, key=lambda d: (-d.total, d.since, d.key))[:12]
    worked = Worked(now())
    for debt in {id(d): d for d in (*shown, *most)}.values():
        debt.worked_minutes = worked.since(debt.since)
    return Wall(
        rows=shown, bodies=len(rows), late=sum(d.late for d in rows), orders=sum(d.orders for d in rows), notes=sum(d.notes for d in rows),
        helps=sum(d.helps for d in rows), longest=most, is_first=after is None,
        next=signing.dumps([by, shown[-1].since.isoformat(), shown[-1].key], salt=_SALT) if len(left) > size else "",
    )  # fmt: skip


def _read(cursor: str, by: str) -> tuple[datetime, str]:
    try:
        of, since, key = signing.loads(cursor, salt=_SALT)
        if of != by:
            raise ValueError("a cursor of the other list")
        return datetime.fromisoformat(since), key
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadInput.one("cursor", "cursor", _("This page link is no longer valid. Start from the first page.")) from error


_SUMS = {"late": Count("pk", filter=~Q(kind=red.HELP)), "helps": Count("pk", filter=Q(kind=red.HELP)), "oldest": Min(Coalesce("due_at", "opened_at"))}
_ASKED = {"orders": Count("pk", filter=Q(order__form=Form.ORDER)), "notes": Count("pk", filter=Q(order__form=Form.NOTE)), "oldest": Min("asked_at")}


def _tasks(actor: Actor) -> Any:
    """Return overdue tasks and unanswered requests for help, in one set."""
    moment = now()
    rows = red.in_scope(actor, Task.objects.filter(state="open").exclude(kind="supervise"))
    return rows.filter(Q(kind=red.HELP) | Q(due_at__lt=moment))


def _add(found: dict[str, Debt], key: str, name: str, under: str, row: Mapping[str, Any]) -> None:
    debt = found.setdefault(key, Debt(key=key, name=name, under=under, since=row["oldest"]))
    debt.since = min(debt.since, row["oldest"])
    for what in ("late", "helps", "orders", "notes"):
        setattr(debt, what, getattr(debt, what) + row.get(what, 0))


def post_name(permission: str) -> str:
    """Return the name of the post to which a task without a body lies: what it is permitted to do."""
    known = registry.permissions().get(permission)
    return _("Post: %(name)s") % {"name": known.label} if known else permission


def _by_body(actor: Actor) -> dict[str, Debt]:
    found: dict[str, Debt] = {}
    for row in _tasks(actor).order_by().values("org__uid", "org__name", "permission").annotate(**_SUMS):
        if row["org__uid"] is not None:
            _add(found, f"org:{row['org__uid']}", texts.pick(row["org__name"]), "", row)
        else:
            _add(found, f"post:{row['permission']}", post_name(row["permission"]), "", row)
    for row in red.unanswered(actor).order_by().values("org__uid", "org__name").annotate(**_ASKED):
        if row["org__uid"] is not None:
            _add(found, f"org:{row['org__uid']}", texts.pick(row["org__name"]), "", row)
        else:
            _add(found, "nobody", _("No body"), "", row)
    return found


def _by_person(actor: Actor) -> dict[str, Debt]:
    found: dict[str, Debt] = {}
    fields = ("account__uid", "account__name", "account__username", "org__uid", "org__name")
    for row in _tasks(actor).order_by().values(*fields, "permission").annotate(**_SUMS):
        body = texts.pick(row["org__name"]) or post_name(row["permission"])
        _add(found, *_person(row, body), row)
    for row in red.unanswered(actor).order_by().values(*fields).annotate(**_ASKED):
        _add(found, *_person(row, texts.pick(row["org__name"])), row)
    return found


def _person(row: Mapping[str, Any], body: str) -> tuple[str, str, str]:
    if row["account__uid"] is not None:
        return f"person:{row['account__uid']}", row["account__name"] or row["account__username"], body
    key = f"org:{row['org__uid']}" if row["org__uid"] is not None else f"post:{row['permission']}" if "permission" in row else "nobody"
    return f"all:{key}", _("nobody by name"), body


@dataclass(frozen=True)
class Owed:
    """One thing that is owed."""

    title: str
    number: str
    what: str
    person: str
    since: datetime
    worked_minutes: float
    url: str

    @property
    def seconds(self) -> float:
        return self.worked_minutes * 60


def owed(actor: Actor, key: str, kind: str, *, cursor: str = "", size: int = 50) -> Page:
    """Return what a body or person owes, oldest first, one page of `Owed`; two queries.

    `key` is that of a `Debt`, `kind` one of late, orders, helps. What lies outside the actor's scope is not among it.
    """
    who = _who(key)
    worked = Worked(now())
    if kind == "orders":
        rows = red.unanswered(actor).filter(who).select_related("order", "case", "account")
        page = page_by_key(rows, sort="asked_at", descending=False, cursor=cursor, size=size)
        return Page([_of_part(p, worked) for p in page.rows], page.next, page.previous)
    tasks = red.helps(actor) if kind == "helps" else red.late_tasks(actor)
    tasks = tasks.filter(who).select_related("case", "account").annotate(since=Coalesce(F("due_at"), F("opened_at")) if kind == "helps" else F("due_at"))
    page = page_by_key(tasks, sort="opened_at" if kind == "helps" else "due_at", descending=False, cursor=cursor, size=size)
    return Page([_of_task(t, worked) for t in page.rows], page.next, page.previous)


def _who(key: str) -> Q:
    kind, _colon, value = key.partition(":")
    if kind == "all":  # a body's, with nobody named
        return _who(value) & Q(account__isnull=True)
    if kind == "post":
        return Q(org__isnull=True, permission=value)
    if kind == "nobody":
        return Q(org__isnull=True)
    try:
        uid = UUID(value)
    except ValueError:
        return Q(pk__in=[])
    return Q(account__uid=uid) if kind == "person" else Q(org__uid=uid) if kind == "org" else Q(pk__in=[])


def _of_task(task: Task, worked: Worked) -> Owed:
    since: datetime = getattr(task, "since")  # noqa: B009  annotated
    return Owed(
        title=task.case.title, number=task.case.number or "", what=texts.pick(task.name), person=str(task.account) if task.account else "", since=since,
        worked_minutes=worked.since(since, task.area_path), url=f"/{task.case.app}/cases/{task.case.uid}/",
    )  # fmt: skip


def _of_part(part: OrderTarget, worked: Worked) -> Owed:
    return Owed(
        title=part.order.title, number=part.order.number, what=str(part.order.get_form_display()), person=part.account_name, since=part.asked_at,
        worked_minutes=worked.since(part.asked_at, part.area_path), url=f"/supervision/orders/{part.order.uid}/",
    )  # fmt: skip


def name_of(key: str, rows: Iterable[Debt]) -> str:
    """Return what a debt's key is called, out of the wall's own rows; empty when nothing is owed any more."""
    found = next((d for d in rows if d.key == key), None)
    return "" if found is None else f"{found.under} · {found.name}" if found.under and key.startswith("all:") else found.name
