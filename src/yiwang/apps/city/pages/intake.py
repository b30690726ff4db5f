"""Intake (受理): reported cases on list and map, likely duplicates, what to do with each on one screen."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.case import act_url
from yiwang.apps.city.pages.common import actor_of, uuid_of
from yiwang.apps.city.pages.moves import extra_for
from yiwang.apps.city.queries import casepage, intake, map
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.queries import clocks as clock_queries
from yiwang.kernel.cases.queries import moves, story, work
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks import acting, clocks, files
from yiwang.kernel.ui.desks.desk import place_of

SIZE = 100


@require_GET
@door("city.task.accept")
def intake_page(request: HttpRequest) -> HttpResponse:
    """GET /city/intake/?case=<uid>: the waiting reports; the chosen one (else the first) stands open beside them."""
    actor = actor_of(request)
    tasks = list(intake.intake_tasks(actor)[: SIZE + 1])
    running = clock_queries.of_tasks([(t.pk, t.case.area_path) for t in tasks[:SIZE]])
    wanted = uuid_of(request.GET.get("case"))
    chosen = next((t for t in tasks if t.case.uid == wanted), None) if wanted else (tasks[0] if tasks else None)
    rows = [
        {
            "task": t, "case": t.case, "side": t.case.city, "clock": clocks.view(running.get(t.pk)), "place": place_of(t.case),
            "url": f"{reverse('city:intake')}?case={t.case.uid}", "current": chosen is not None and t.pk == chosen.pk,
            "channel": intake.channel_words(t.case),
        }
        for t in tasks[:SIZE]
    ]  # fmt: skip
    context: dict[str, object] = {
        "rows": rows, "more": len(tasks) > SIZE, "chosen": chosen, "base": reverse("city:intake"), "explicit": wanted is not None,
        "map": {"mode": "browse", "table": False, "layers": [_layer("cases", _("Reports waiting"), [t.case for t in tasks[:SIZE]])]},
    }
    if chosen is not None:
        context |= _chosen(actor, chosen, context)
    return render(request, "city/intake.html", context, part="chosen")


def _layer(id: str, label: str, found: list[Any], **more: Any) -> dict[str, Any]:
    return {"id": id, "label": label, "kind": "cases", "data": map.features(found), **more}


def _chosen(actor: Any, task: Any, context: dict[str, object]) -> dict[str, object]:
    """Return the open report: facts, photos, likely duplicates, and the forms of its moves."""
    case = work.case_for(actor, task.case.uid)
    cases.mark_seen(actor, task.uid)
    tasks = {t.uid: t for t in story.open_tasks_of(case)}
    views = [acting.view_of(actor, case, m, tasks, extra_for) for m in moves.moves_for(actor, case)]
    shown = [v for v in views if v.move.step == "accept" or v.move.action in ("merge", "note")]
    twins = intake.twin_views(actor, casepage.twins(actor, case))
    merge = next((v for v in views if v.move.action == "merge"), None)
    layers: list[dict[str, Any]] = list(context["map"]["layers"]) if isinstance(context["map"], dict) else []
    if twins:
        layers.append({
            "id": "twins", "label": _("Likely duplicates"), "kind": "points", "colour": "overdue-line",
            "data": {"type": "FeatureCollection", "features": [
                {"type": "Feature", "geometry": {"type": "Point", "coordinates": [t.lon, t.lat]},
                 "properties": {"uid": str(t.uid), "name": f"{t.title} {t.percent}%", "tone": "overdue"}} for t in twins
            ]},
        })  # fmt: skip
    found_map: dict[str, Any] = {"mode": "browse", "table": False, "layers": layers}
    if case.point is not None:
        found_map |= {"centre": [case.point.x, case.point.y], "zoom": 16}
    return {
        "case": case, "facts": casepage.facts(actor, case, intake.channel_words(case)), "act_url": act_url(case), "twins": twins,
        "stages": files.by_stage(files.of_case(case.uid), casepage.same_picture_flags(case)), "place": place_of(case),
        "moves": shown, "merge": merge, "map": found_map, "case_lon": case.point.x if case.point else None,
        "case_lat": case.point.y if case.point else None, "clock": clocks.view(clock_queries.of_tasks([(task.pk, case.area_path)]).get(task.pk)),
    }  # fmt: skip
