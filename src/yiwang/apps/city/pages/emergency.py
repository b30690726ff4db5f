"""Emergencies (应急): raising a case, the card that collects everything while it runs, its report as page and PDF."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.city.pages.common import APP, actor_of, clean_text, uuid_of
from yiwang.apps.city.queries import emergency as queries
from yiwang.apps.city.services import emergency as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.queries import work
from yiwang.kernel.cases.queries.places import lonlat_of
from yiwang.kernel.identity.doors import door
from yiwang.kernel.paper import printing
from yiwang.kernel.ui import words
from yiwang.kernel.ui.desks import states

SIZE = 30


def may_raise(actor: Actor, case: Any) -> bool:
    """Say whether the actor may raise this case now."""
    return case.app == APP and case.is_open and actor.may(queries.RAISE, area_path=case.area_path) and hasattr(case, "city")


@never_cache
@require_http_methods(["GET", "POST"])
@door("city.case.escalate")
def emergency_raise(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET and POST /city/emergency/raise/<case>/: reason and plan; then the emergency's own page."""
    actor = actor_of(request)
    case = work.case_for(actor, uid)
    if case.app != APP or not hasattr(case, "city"):
        raise NotFound(what="case")
    running = queries.open_of(case)
    if request.method == "GET" and running is not None:
        return redirect("city:emergency", running.uid)
    error = ""
    if request.method == "POST":
        try:
            made = services.raise_case(
                actor=actor, case=uid, reason=clean_text(request, "reason", 500), plan=request.POST.get("plan", "")[:20].replace("\0", ""), key=request.POST.get("idempotency_key", "")[:80],
            )  # fmt: skip
            return redirect("city:emergency", made.uid)
        except BadInput as problem:
            error = " ".join(str(e["message"]) for e in problem.errors)
    proposed = queries.plan_for(case)
    plans = [
        {"code": p.code, "name": texts.pick(p.name), "text": texts.pick(p.text), "steps": [(texts.pick(s["what"]), s["minutes"]) for s in p.steps], "chosen": proposed is not None and p.pk == proposed.pk}
        for p in sorted(queries.plans(), key=lambda p: proposed is None or p.pk != proposed.pk)
    ]  # fmt: skip
    context: dict[str, object] = {"case": case, "plans": plans, "error": error, "reason": request.POST.get("reason", "")[:500], "state": _state(case)}
    return render(request, "city/emergency/raise.html", context, status=422 if error else 200)


def _state(case: Any) -> dict[str, str]:
    return states.chip(case, configs.of_version(case.matter_version_id))


@never_cache
@require_GET
@door("city.emergency.view", "city.case.view")
def emergencies(request: HttpRequest) -> HttpResponse:
    """GET /city/emergency/?after=: emergencies that concern the reader, those under way first, then the newest."""
    actor = actor_of(request)
    page = page_by_key(queries.visible_to(actor), sort="raised_at", cursor=request.GET.get("after", ""), size=SIZE)
    counts = queries.counts(page.rows)
    rows = [{"emergency": e, "plan": texts.pick(e.plan.name), "tasks": counts.get(e.pk, (0, 0)), "url": reverse("city:emergency", args=[e.uid])} for e in page.rows]
    base = reverse("city:emergencies")
    context: dict[str, object] = {"rows": rows, "next": f"{base}?{urlencode({'after': page.next})}" if page.next else "", "first": base if request.GET.get("after") else ""}
    return render(request, "city/emergency/list.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door("city.emergency.view", "city.case.view")
def emergency(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/emergency/<uid>/: everything about it. POST do=assign|finish|say|tell|end with its fields."""
    actor = actor_of(request)
    found = queries.for_actor(actor, uid)
    if request.method == "POST":
        try:
            _act(request, actor, uid)
        except ProblemError as problem:
            if isinstance(problem, NotFound) or problem.status == 403:
                raise
            said = " ".join(str(e["message"]) for e in problem.errors) if isinstance(problem, BadInput) else f"{problem} {problem.as_problem('')['detail']}"
            return render(request, "city/emergency/one.html", {**_context(actor, found), "error": said}, status=problem.status)
        return redirect("city:emergency", uid)
    return render(request, "city/emergency/one.html", _context(actor, found), part="log")


def _act(request: HttpRequest, actor: Actor, uid: UUID) -> None:
    post, key = request.POST, request.POST.get("idempotency_key", "")[:80]
    task = uuid_of(post.get("task"))
    match post.get("do"):
        case "assign":
            services.assign(actor=actor, emergency=uid, task=task, account=uuid_of(post.get("account")), key=key)
        case "finish":
            services.finish(actor=actor, emergency=uid, task=task, note=clean_text(request, "note", 500), key=key)
        case "say":
            services.say(actor=actor, emergency=uid, text=clean_text(request, "text"), key=key)
        case "tell":
            services.tell(actor=actor, emergency=uid, accounts=[a for a in map(uuid_of, post.getlist("account")) if a], text=clean_text(request, "text"), key=key)
            messages.success(request, _("The message has gone out."))
        case "end":
            services.end(actor=actor, emergency=uid, summary=clean_text(request, "summary"), key=key)
        case _:
            raise BadInput.one("do", "unknown", _("Say what is to be done."))


def _context(actor: Actor, found: Any) -> dict[str, Any]:
    case, plan = found.case, found.plan
    is_open, commands = found.ended_at is None, queries.may_command(actor, found)
    near = queries.near(case) if is_open and queries.may_see_people(actor, case) else []
    parts = queries.around(case, plan)
    tasks = [_task(t, actor, commands and is_open, is_open) for t in queries.tasks_of(found)]
    return {
        "emergency": found, "case": case, "state": _state(case), "plan_name": texts.pick(plan.name), "plan_text": texts.pick(plan.text), "is_open": is_open, "commands": commands and is_open,
        "may_say": is_open and (commands or any(t["is_mine"] for t in tasks)), "people": near, "sees_people": queries.may_see_people(actor, case), "parts": parts, "radius": plan.radius_m,
        "tasks": tasks, "done": sum(t["row"].done_at is not None for t in tasks), "lines": list(reversed(_lines(found))),
        "choices": [(str(a.uid), a.name or a.username) for a in queries.people_for(found)] if commands and is_open else [],
        "map": _map(found, near, parts), "sees_case": work.may_see(actor, case), "lasted": words.duration(((found.ended_at or now()) - found.raised_at).total_seconds()),
    }  # fmt: skip


def _task(row: Any, actor: Actor, commands: bool, is_open: bool) -> dict[str, Any]:
    mine = row.account_id is not None and row.account_id == actor.account_id
    late = row.done_at is None and row.due_at < now()
    return {
        "row": row, "what": texts.pick(row.what), "who": (row.account.name or row.account.username) if row.account else "", "is_mine": mine,
        "may_finish": is_open and row.done_at is None and (mine or commands), "may_assign": commands and row.done_at is None, "tone": "done" if row.done_at else "overdue" if late else "in_time",
        "label": _("Done") if row.done_at else _("Overdue") if late else _("Running"),
    }  # fmt: skip


def kind_words() -> dict[str, str]:
    return {
        "raised": pgettext("emergency", "Raised"), "assigned": pgettext("emergency", "Given to"), "told": pgettext("emergency", "Message"), "done": pgettext("emergency", "Task done"),
        "said": pgettext("emergency", "Note"), "ended": pgettext("emergency", "Ended"),
    }  # fmt: skip


def _lines(found: Any) -> list[dict[str, Any]]:
    """Return the log in words: what a line's data names is looked up once."""
    lines, tasks = queries.lines_of(found), {t.seq: texts.pick(t.what) for t in queries.tasks_of(found)}
    names = queries.names_of({a for line in lines for a in _accounts(line)})
    made = []
    for line in lines:
        bits = [tasks.get(line.data.get("task"), ""), "、".join(names.get(a, "") for a in _accounts(line)), line.text]
        made.append({"at": line.at, "kind": kind_words().get(line.kind, line.kind), "text": " · ".join(b for b in bits if b), "by": line.by_name, "tone": {"raised": "overdue", "done": "in_time", "ended": "done"}.get(line.kind, "accent")})
    return made


def _accounts(line: Any) -> list[int]:
    return [line.data["account"]] if "account" in line.data else list(line.data.get("accounts", ()))


def _point(lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}, "properties": properties}


def _map(found: Any, people: list[Any], parts: list[Any]) -> dict[str, Any] | None:
    at = lonlat_of(found.case)
    if at is None:
        return None
    layers = [
        {"id": "parts", "label": _("Components near by"), "kind": "points", "colour": "series-2", "data": {"type": "FeatureCollection", "features": [
            _point(p.lon, p.lat, uid=str(p.uid), label=f"{p.name} {round(p.metres)} m", code=p.code) for p in parts]}},
        {"id": "people", "label": _("Inspectors on shift"), "kind": "points", "colour": "series-5", "data": {"type": "FeatureCollection", "features": [
            _point(p.lon, p.lat, uid=p.uid, label=p.name) for p in people if p.lon is not None]}},
        {"id": "case", "label": _("Emergency"), "kind": "cases", "tone": "overdue", "data": {"type": "FeatureCollection", "features": [_point(*at, uid=str(found.case.uid), title=found.case.title, address=found.case.address)]}},
    ]  # fmt: skip
    return {"mode": "browse", "table": False, "centre": list(at), "zoom": 15.5, "layers": [layer for layer in layers if layer["data"]["features"]]}  # type: ignore[index]


def _moment(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""


@never_cache
@require_GET
@door("city.emergency.view", "city.case.view")
def emergency_report(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/emergency/<uid>/report.pdf: the typeset report; while it runs, how it stands."""
    actor = actor_of(request)
    found = queries.for_actor(actor, uid)
    answer = HttpResponse(printing.pdf("emergency", report(found, actor), package="yiwang.apps.city"), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="emergency-{found.case.number or found.uid}.pdf"'
    return answer


def report(found: Any, actor: Actor) -> dict[str, Any]:
    """Return what the sheet prints, all text."""
    case = found.case
    tasks = queries.tasks_of(found)
    state = _("Ended %(at)s by %(name)s") % {"at": _moment(found.ended_at), "name": found.ended_by_name} if found.ended_at else _("Still under way")
    return {
        "title": _("Report of an emergency"), "subtitle": case.title, "foot": _("Printed %(at)s") % {"at": _moment(now())} + f" · {actor.name}",
        "facts": [
            [_("Case number"), case.number or _("not filed yet")], [_("Where"), case.address], [pgettext("emergency", "Raised"), f"{_moment(found.raised_at)} {found.raised_by_name}"],
            [_("Reason"), found.reason], [_("Plan"), f"{texts.pick(found.plan.name)}（v{found.plan.version}）"], [pgettext("column", "State"), state],
            [_("Lasted"), words.duration(((found.ended_at or now()) - found.raised_at).total_seconds())],
        ],
        "summary": found.summary or "–",
        "words": {"summary": _("Summary"), "tasks": _("Tasks"), "log": _("Log"), "task_heads": [_("No."), _("Task"), _("Who"), _("Until"), _("Done")], "log_heads": [_("When"), _("What"), _("Text"), _("Who")]},
        "tasks": [[str(t.seq), texts.pick(t.what) + (f"（{t.note}）" if t.note else ""), (t.account.name or t.account.username) if t.account else "–", _moment(t.due_at), _moment(t.done_at) or "–"] for t in tasks],
        "log": [[_moment(line["at"]), line["kind"], line["text"], line["by"]] for line in _lines(found)],
    }  # fmt: skip
