"""A case page: story on the left, what I may do on the right, clock and process strip on top; for every app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.queries import clocks as clock_queries
from yiwang.kernel.cases.queries import matters, moves, persons, story, veils, work
from yiwang.kernel.process import svg
from yiwang.kernel.ui.contracts import PersonView
from yiwang.kernel.ui.desks import acting, clocks, files, pressing, states, timeline
from yiwang.kernel.ui.desks.desk import case_url, place_of


@dataclass(frozen=True, kw_only=True)
class CaseParts:
    """What an app adds to its case page: forms' fields, facts of events, flags of photos, context for its own blocks."""

    fields: acting.FieldMaker | None = None
    facts: timeline.Facts | None = None
    flags: Mapping[UUID, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


PartsOf = Callable[[Actor, Any], CaseParts]


def _see(actor: Actor, case: Any, tasks: list[Any]) -> None:
    """签收: whoever may do a task and opens its case has received it."""
    for task in tasks:
        if task.seen_at is None and work.may_do(actor, task):
            cases.mark_seen(actor, task.uid)


def case_context(actor: Actor, case: Any, parts: CaseParts, *, act_url: str) -> dict[str, Any]:
    """Return everything that ui/desks/case.html shows."""
    config = configs.of_version(case.matter_version_id)
    tasks = story.open_tasks_of(case)
    hidden = veils.hidden_steps(actor, case)
    no_bodies = veils.hides_department(case, hidden)
    by_uid = {t.uid: t for t in tasks}
    views = [acting.view_of(actor, case, m, by_uid, parts.fields) for m in moves.moves_for(actor, case)]
    lines = veils.veil_clocks(clock_queries.clocks_of(case), case, hidden)
    stages = files.by_stage(files.of_case(case.uid), parts.flags)
    shown_files = {f.uid: f for s in stages for f in s.files}
    done = story.steps_done(case)
    waiting = [t.step for t in tasks if t.kind == "process"]
    lon, lat = (case.point.x, case.point.y) if case.point is not None else (None, None)
    shown_clocks = clocks.strip(lines, config, case.matter_version_id, case.suspended_until)
    return {
        "case": case, "config": config, "chip": states.chip(case, config), "act_url": act_url, "case_lon": lon, "case_lat": lat,
        "clock": clocks.view(clock_queries.current(lines), until=case.suspended_until) if case.is_open else None,
        "clocks": shown_clocks, "past_clocks": [c for c in shown_clocks if c.is_past], "clock_rules": clocks.rule_table(config),
        "steps": states.strip(case, config, done, waiting), "place": place_of(case),
        "map": {"mode": "one", "one": {"lon": lon, "lat": lat, "label": case.address or case.title}} if lon is not None else None,
        "tasks": [_waiting(t, hidden=t.step in hidden) for t in tasks if t.kind not in moves.OWN_PAGE],  # parts may be hundreds: their app shows them
        "moves": views, "primary": [v for v in views if v.move.primary],
        "task_moves": [v for v in views if not v.move.primary and v.move.task_uid is not None],
        "case_moves": [v for v in views if v.move.task_uid is None],
        "stages": stages, "pair": files.pair(stages), "parties": persons.parties_of(actor, case), "reports": story.reports_of(case),
        "orgs": [(texts.pick(o.org.name), part_name(o.part)) for o in story.orgs_of(case) if not no_bodies], "hides_bodies": no_bodies,
        "timeline": timeline.timeline(veils.veil_story(story.story(case), case, hidden), config, case.matter_version_id, shown_files, parts.facts),
        "diagram": svg.draw(matters.definition_of(case.matter_version_id).diagram, now=set(waiting), done={s for s, _o, _a in done}),
        "main_case": case.main_case if case.main_case_id and work.may_see(actor, case.main_case) else None,
        "main_case_url": case_url(case.main_case) if case.main_case_id else "",
        **pressing.of_case(actor, case),
        **parts.context,
    }  # fmt: skip


def part_name(part: str) -> str:
    return {"lead": _("Leads"), "helper": _("Helps"), "consult": _("Asked for an opinion"), "past": _("Had it before")}.get(part, part)


def _waiting(task: Any, *, hidden: bool = False) -> dict[str, Any]:
    """Return who has it now, for "Waiting for"."""
    person = PersonView(name=str(task.account), phone=task.account.duty_phone) if task.account_id and not hidden else None
    org = task.org if not hidden else None
    return {
        "name": texts.pick(task.name), "person": person, "organization": texts.pick(org.name) if org else "",
        "phone": org.phone if org else "", "opened_at": task.opened_at, "seen": task.seen_at is not None,
        "asked_by": task.data.get("asked_by_name", "") if not hidden else "", "reason": task.data.get("reason", "") if task.kind != "process" else "",
        "until": task.data.get("until", ""), "kind": task.kind,
    }  # fmt: skip


def case_page(
    request: HttpRequest, uid: UUID, *, app: str, parts_of: PartsOf, act_url: Callable[[Any], str], template: str = "ui/desks/case.html",
    shown: acting.MoveView | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Answer a case's page; with `shown`, the form that was refused stands open with what was typed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = work.case_for(actor, uid)
    if case.app != app:
        raise NotFound(what="case")
    if request.method == "GET":
        _see(actor, case, [t for t in story.open_tasks_of(case) if t.kind == "process"])
    context = case_context(actor, case, parts_of(actor, case), act_url=act_url(case))
    if shown is not None:
        for name in ("moves", "primary", "task_moves", "case_moves"):
            context[name] = [shown if v.dom_id == shown.dom_id else v for v in context[name]]
    return render(request, template, context, status=status)


def act(request: HttpRequest, uid: UUID, *, app: str, parts_of: PartsOf, act_url: Callable[[Any], str], template: str) -> HttpResponse:
    """Do one move. HTMX gets the form back with its errors, or is sent on; without script the whole page comes back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = work.case_for(actor, uid)
    if case.app != app:
        raise NotFound(what="case")
    parts = parts_of(actor, case)
    tasks = {t.uid: t for t in story.open_tasks_of(case)}
    move = acting.find(moves.moves_for(actor, case), request.POST)
    if move is None:
        done = repeated(actor, request)
        if done:
            return _on(request, case, done)
        move = acting.stale_move(request.POST)
    shown = acting.view_of(actor, case, move, tasks, parts.fields, data=request.POST, key=request.POST.get("idempotency_key", "")[:80])
    version = request.POST.get("version", "")
    shown.version = case.version if (given := texts.whole(version)) is None else given
    result = acting.do(actor, case, shown, request, configs.of_version(case.matter_version_id))
    if result is not None:
        return _on(request, case, shown.label)
    status = shown.problem.status if shown.problem is not None and not shown.form.errors else 422
    if getattr(request, "htmx", None):
        lon, lat = (case.point.x, case.point.y) if case.point is not None else (None, None)
        context = {"m": shown, "case": case, "act_url": act_url(case), "case_lon": lon, "case_lat": lat}
        response = render(request, "ui/desks/move_item.html", context, status=422)
        response["X-Problem-Status"] = str(status)
        return response
    return case_page(request, uid, app=app, parts_of=parts_of, act_url=act_url, template=template, shown=shown, status=status)


def repeated(actor: Actor, request: HttpRequest) -> str:
    """Say whether this very form has been done before (a second click after the case moved on); its label if so."""
    return acting.answered(actor, request.POST.get("idempotency_key", "")[:80])


def _on(request: HttpRequest, case: Any, label: str) -> HttpResponse:
    """Say that it was done and go on to the case, or to the desk when it does not concern the actor any more."""
    messages.success(request, _("Done: %(what)s") % {"what": label})
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case.refresh_from_db()
    url = case_url(case) if work.may_see(actor, case) else "/"
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)
