"""The work desk (待办、已办、督办): three counts that open, the list by urgency, keyboard; for every app the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.paging import Page, page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.queries import clocks as clock_queries
from yiwang.kernel.cases.queries import names, work
from yiwang.kernel.cases.queries.places import case_url, lonlat, lonlat_of
from yiwang.kernel.cases.queries.work import SORT_DUE
from yiwang.kernel.ui.contracts import ClockView, Link, PageLinks, PlaceView
from yiwang.kernel.ui.desks import clocks, states

TABS = ("todo", "done", "supervised")
WHEN = ("overdue", "today", "later")
SOON = timedelta(hours=24)
PAGE_SIZE = 50


@dataclass(frozen=True, kw_only=True)
class DeskRow:
    """One task of the desk as the template shows it."""

    uid: str
    url: str
    number: str
    title: str
    step: str
    kind: str
    state: dict[str, str]
    clock: ClockView | None
    due_at: datetime | None
    place: PlaceView | None
    opened_at: datetime
    done_at: datetime | None
    outcome: str
    organization: str
    person: str
    reason: str
    is_new: bool
    is_urgent: bool
    urged: int
    supervised: int


@dataclass(frozen=True, kw_only=True)
class DeskGroup:
    code: str
    label: str
    tone: str
    rows: tuple[DeskRow, ...]


def place_of(case: Any, row: Any = None) -> PlaceView | None:
    """Return the place of a case; `row` is what carries its degrees when the case itself does not."""
    found = lonlat_of(case, row)
    if not case.address and found is None:
        return None
    lon, lat = found or (None, None)
    return PlaceView(label=case.address or _("Point on the map"), lon=lon, lat=lat)


def row_of(task: Any, clock: ClockView | None) -> DeskRow:
    case = task.case
    config = configs.of_version(case.matter_version_id)
    return DeskRow(
        uid=str(task.uid), url=case_url(case), number=case.number or "", title=case.title, step=texts.pick(task.name),
        kind=task.kind, state=states.chip(case, config), clock=clock, due_at=task.due_at, place=place_of(case, task),
        opened_at=task.opened_at, done_at=task.done_at, outcome=_outcome(task, config) if task.outcome else "",
        organization=texts.pick(task.org.name) if task.org else "", person=str(task.account) if task.account_id else "",
        reason=str(task.data.get("reason") or "") if task.kind != "process" else "", is_new=task.seen_at is None,
        is_urgent=task.is_urgent or case.is_urgent, urged=case.urge_count, supervised=case.supervise_count,
    )  # fmt: skip


def _outcome(task: Any, config: MatterConfig) -> str:
    said = names.outcome_label(config, task.step, task.outcome) if task.kind == "process" else ""
    return said or {"agree": _("agreed"), "deny": _("denied")}.get(task.outcome, "")


_CASE = (
    "uid", "app", "number", "title", "state", "is_urgent", "area_path", "address", "matter_version", "closed_at", "urge_count",
    "supervise_count",
)  # fmt: skip
_TASK = (
    "uid", "case", "kind", "step", "name", "state", "is_urgent", "data", "opened_at", "seen_at", "due_at", "done_at", "outcome", "org__name",
    "account__name", "account__username",
)  # fmt: skip


def lean(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Read only what the desk shows of tasks and their cases."""
    found = rows.select_related(None).select_related("case", "org", "account").annotate(**lonlat("case__point"))
    return found.only(*_TASK, *(f"case__{name}" for name in _CASE))


def _rows(tasks: Iterable[Any]) -> list[DeskRow]:
    tasks = list(tasks)
    own = clock_queries.of_tasks([(t.pk, t.case.area_path) for t in tasks if t.state == "open"])
    return [row_of(t, clocks.view(own.get(t.pk)) or _plain_clock(t)) for t in tasks]


def _plain_clock(task: Any) -> ClockView | None:
    """A task with a due time but no clock of its own (an answer to a supervision order)."""
    if task.due_at is None or task.state != "open":
        return None
    left = (task.due_at - now()).total_seconds()
    tone = "overdue" if left < 0 else "soon" if left < 7200 else "in_time"
    return ClockView(state=tone, due_at=task.due_at, remaining_s=left, ticking=True)  # type: ignore[arg-type]


def when_of(task: Any, at: datetime) -> str:
    if task.due_at is None:
        return "later"
    return "overdue" if task.due_at < at else "today" if task.due_at < at + SOON else "later"


def groups_of(tasks: list[Any], at: datetime) -> list[DeskGroup]:
    labels = {"overdue": (_("Overdue"), "overdue"), "today": (_("Due within a day"), "soon"), "later": (_("Later"), "in_time")}
    rows = dict(zip([t.pk for t in tasks], _rows(tasks), strict=True))
    found = []
    for code in WHEN:
        mine = tuple(rows[t.pk] for t in tasks if when_of(t, at) == code)
        if mine:
            found.append(DeskGroup(code=code, label=labels[code][0], tone=labels[code][1], rows=mine))
    return found


def _of_app(rows: QuerySet[Any], app: str) -> QuerySet[Any]:
    return rows.filter(case__app=app) if app else rows


def _when_filter(rows: QuerySet[Any], when: str, at: datetime) -> QuerySet[Any]:
    if when == "overdue":
        return rows.filter(due_at__lt=at)
    if when == "today":
        return rows.filter(due_at__gte=at, due_at__lt=at + SOON)
    if when == "later":
        return rows.exclude(due_at__lt=at + SOON)
    return rows


def desk_page(request: HttpRequest, *, app: str = "", url_name: str, template: str = "ui/desks/desk.html", tab: str = "", **more: Any) -> HttpResponse:
    """Answer the desk: ?tab=todo|done|supervised (or the one named), ?when=overdue|today|later, ?after=<cursor>."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = tab or request.GET.get("tab", "")
    tab = asked if asked in TABS else "todo"
    when = request.GET.get("when") if request.GET.get("when") in WHEN and tab == "todo" else ""
    at, base = now(), reverse(url_name)
    counts = work.desk_counts(actor, app)
    page, groups = _page(request, actor, tab or "todo", when or "", app, at)
    query = {k: v for k, v in (("tab", tab if tab != "todo" else ""), ("when", when)) if v}
    context: dict[str, object] = {
        "tab": tab, "when": when, "groups": groups, "base": base, "at": at,
        "cards": [
            {"label": _("Overdue"), "value": counts["overdue"], "tone": "overdue", "url": _url(base, when="overdue"), "current": when == "overdue"},
            {"label": _("Due within a day"), "value": counts["today"], "tone": "soon", "url": _url(base, when="today"), "current": when == "today"},
            {"label": _("Later"), "value": counts["later"], "tone": "in_time", "url": _url(base, when="later"), "current": when == "later"},
        ],
        "tabs": [
            Link(label=_("To do"), url=base, current=tab == "todo", count=sum(counts.values()), icon="inbox"),
            Link(label=_("Done"), url=_url(base, tab="done"), current=tab == "done", icon="checks"),
            Link(label=_("Supervised"), url=_url(base, tab="supervised"), current=tab == "supervised", icon="flag"),
        ],
        "links": PageLinks(
            previous_url=_url(base, **query, after=page.previous) if page.previous else "",
            next_url=_url(base, **query, after=page.next) if page.next else "", shown=len(page.rows),
        ),
        **more,
    }  # fmt: skip
    return render(request, template, context, part="desk")


def _url(base: str, **query: str) -> str:
    kept = {k: v for k, v in query.items() if v}
    return f"{base}?{urlencode(kept)}" if kept else base


def _page(request: HttpRequest, actor: Actor, tab: str, when: str, app: str, at: datetime) -> tuple[Page, list[DeskGroup]]:
    cursor = request.GET.get("after", "")
    if tab == "done":
        page = page_by_key(lean(_of_app(work.done_tasks(actor), app).filter(done_at__isnull=False)), sort="done_at", cursor=cursor, size=PAGE_SIZE)
        rows = tuple(_rows(page.rows))
        return page, [DeskGroup(code="done", label=_("Done by me"), tone="done", rows=rows)] if rows else []
    if tab == "supervised":
        page = page_by_key(lean(_of_app(work.supervised(actor), app)), sort="opened_at", cursor=cursor, size=PAGE_SIZE)
        rows = tuple(_rows(page.rows))
        return page, [DeskGroup(code="supervised", label=_("Supervision orders that are open"), tone="soon", rows=rows)] if rows else []
    rows_todo = _when_filter(work.open_tasks(actor, app).select_related(None), when, at).annotate(sort_due=SORT_DUE)
    shown = lean(work.tasks()).annotate(sort_due=SORT_DUE)
    page = page_by_key(rows_todo, sort="sort_due", descending=False, cursor=cursor, size=PAGE_SIZE, shown=shown)
    return page, groups_of(page.rows, at)


__all__ = ["DeskGroup", "DeskRow", "case_url", "desk_page", "groups_of", "place_of", "row_of"]
