"""What an inspector has to do, what he was told, and what he has done; each a fixed number of queries."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CensusItem, CensusPart, CityCase
from yiwang.apps.city.queries.census import class_names
from yiwang.apps.city.queries.field import cover
from yiwang.apps.city.queries.field.start import own_grids
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import CaseActor, Report, Task
from yiwang.kernel.cases.queries import names, work
from yiwang.kernel.cases.queries.work import SORT_DUE
from yiwang.kernel.files import queries as files
from yiwang.kernel.notices.models import Notice
from yiwang.kernel.notices.queries import mine

KINDS = {"verify": "verify", "verify_parallel": "verify", "check": "check"}
MOST = 100
MOST_PARTS, MOST_ITEMS = 20, 10_000
SETTLED = timedelta(seconds=30)  # a message with a smaller number may still be committed
TELLING = {"case.urge": "urge", "case.overdue": "urge", "case.supervise": "supervise"}


def tasks(actor: Actor) -> list[dict[str, Any]]:
    """Return what waits to be verified (核实) or checked (核查) by the person, the most urgent first; six queries."""
    rows = list(
        work.open_tasks(actor, "city").filter(kind="process", step__in=KINDS, case__suspended_until__isnull=True)
        .order_by(SORT_DUE, "pk")[: MOST * 2]
    )  # fmt: skip
    rows = _without_own_hands(actor, rows)[:MOST]
    rows += list(work.open_tasks(actor, "city").filter(kind="census").order_by(SORT_DUE, "pk")[:MOST_PARTS])
    parts = _parts([t for t in rows if t.kind == "census"])
    sides = {s.case_id: s for s in CityCase.objects.filter(case_id__in=[t.case_id for t in rows])}
    pictures = files.of_subjects("case", [t.case.uid for t in rows])
    return [
        {**_task(task, sides.get(task.case_id), pictures.get(task.case.uid, [])), **({"census": parts.get(task.uid)} if task.kind == "census" else {})}
        for task in rows
    ]


def _parts(rows: list[Task]) -> dict[UUID, dict[str, Any]]:
    """Return what the census asks of each part, by its task; three queries for all of them."""
    found: dict[UUID, dict[str, Any]] = {}
    if not rows:
        return found
    of_task = {str(t.data.get("part")): t.uid for t in rows}
    parts = {p.pk: p for p in CensusPart.objects.filter(uid__in=list(of_task)).select_related("order__case", "grid")}
    names = class_names(sorted({code for p in parts.values() for code in p.order.classes}))
    items: dict[int, list[dict[str, Any]]] = {}
    for item in CensusItem.objects.filter(part__in=list(parts), asset__isnull=False).select_related("asset").order_by("pk")[:MOST_ITEMS]:
        asset = item.asset
        if asset is not None:
            items.setdefault(item.part_id, []).append({
                "uid": str(asset.uid), "code": asset.code, "class_code": asset.class_code, "name": names.get(asset.class_code) or texts.pick(asset.name),
                "place": {"lon": asset.point.x, "lat": asset.point.y}, "address": asset.address or asset.road, "status": asset.status, "state": item.state,
            })  # fmt: skip
    for part in parts.values():
        order = part.order
        found[of_task[str(part.uid)]] = {
            "order_uid": str(order.case.uid), "asks": list(order.asks), "asks_photo": order.asks_photo, "asks_new": order.asks_new,
            "most_metres": order.most_metres, "classes": [{"code": code, "name": names.get(code, code)} for code in order.classes],
            "grid_uid": str(part.grid.uid) if part.grid else None, "items": items.get(part.pk, []),
        }  # fmt: skip
    return found


def _without_own_hands(actor: Actor, rows: list[Task]) -> list[Task]:
    """Leave out what 监管分离 forbids the person; the service says so in any case."""
    people = [p for p in (actor.account_id, actor.on_behalf_of_id) if p is not None]
    acted: dict[int, set[str]] = {}
    for case_id, step in CaseActor.objects.filter(case_id__in={t.case_id for t in rows}, account_id__in=people).values_list("case_id", "step"):
        acted.setdefault(case_id, set()).add(step)

    def free(task: Task) -> bool:
        barred = configs.of_version(task.case.matter_version_id).barring(task.step, joined=settings.CASES_JOINED_POSTS)
        return not acted.get(task.case_id, set()) & set(barred)

    return [t for t in rows if free(t)]


def _task(task: Task, side: CityCase | None, pictures: Iterable[Any]) -> dict[str, Any]:
    case, config = task.case, configs.of_version(task.case.matter_version_id)
    point, is_census = case.point, task.kind == "census"
    return {
        "uid": str(task.uid), "kind": "census" if is_census else KINDS[task.step],
        "case": {
            "uid": str(case.uid), "number": case.number, "title": case.title, "class_name": texts.pick(side.class_name) if side else "",
            "state": config.state_name(case.state), "text": case.description,
        },
        "place": {"lon": point.x, "lat": point.y, "accuracy_m": None, "source": "pin"} if point is not None else None,
        "address": case.address, "due_at": task.due_at.isoformat() if task.due_at else None, "form": [],
        "actions": [
            {"code": "done", "label": _("Everything is answered"), "needs_photo": False, "needs_reason": False},
            {"code": "give_back", "label": _("Give back"), "needs_photo": False, "needs_reason": True},
        ] if is_census else [
            {"code": code, "label": names.label_of(line), "needs_photo": True, "needs_reason": bool(line.get("reason"))}
            for code, line in sorted(config.outcomes(task.step).items(), key=lambda one: not one[1].get("primary")) if not line.get("hidden")
        ],
        "photos_before": [reverse("file", args=[p.uid]) for p in pictures if p.kind == "photo" and p.stage == "before"],
    }  # fmt: skip


def messages(actor: Actor, after: str) -> tuple[list[dict[str, Any]], str]:
    """Return messages since a cursor, oldest first, and the next cursor; the last half minute may come again."""
    known = int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0
    rows = mine(actor).filter(pk__gt=known).order_by("pk")
    found = list(rows[:MOST]) if known else sorted(rows.order_by("-pk")[:MOST], key=lambda n: n.pk)
    settled = [n.pk for n in found if n.created_at <= now() - SETTLED]
    return [_message(n) for n in found], str(max([known, *settled]))


def _message(notice: Notice) -> dict[str, Any]:
    about = {"case_uid": str(notice.subject_uid)} if notice.subject_kind == "case" and notice.subject_uid else {}
    return {
        "uid": str(notice.uid), "kind": TELLING.get(notice.kind, "notice"), "title": texts.pick(notice.title), "text": texts.pick(notice.body),
        "at": notice.created_at.isoformat(), **about,
    }  # fmt: skip


def figures(actor: Actor) -> dict[str, Any]:
    """Return what the person did today and this month, and how much of his grids was walked today (巡查覆盖)."""
    local = timezone.localtime(now())
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    grids = own_grids(actor)
    seen = cover.of_grids([g.pk for g in grids], day, day + timedelta(days=1)) if grids else {}
    cells, walked = sum(c.cells for c in seen.values()), sum(c.seen for c in seen.values())
    return {
        "today": _done(actor, day), "month": _done(actor, day.replace(day=1)),
        "cover": {"share": round(walked / cells, 3) if cells else 0.0, "cells_seen": walked, "cells": cells},
    }  # fmt: skip


def _done(actor: Actor, since: datetime) -> dict[str, int]:
    reports = Report.objects.filter(reporter_account_id=actor.account_id, channel="inspector", received_at__gte=since).count()
    done = Task.objects.filter(done_by_id=actor.account_id, state="done", done_at__gte=since, step__in=KINDS).aggregate(
        verified=Count("pk", filter=Q(step__in=("verify", "verify_parallel"))), checked=Count("pk", filter=Q(step="check")),
        in_time=Count("pk", filter=Q(due_at__isnull=True) | Q(done_at__lte=F("due_at"))),
    )  # fmt: skip
    return {"reports": reports, **done}
