"""Pressing a body with one thumb: a card, an order or a note, a reason by a tap, dictated or spoken."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.apps.city.pages.common import actor_of, clean_text, uuid_of
from yiwang.apps.city.pages.leader.common import tabs
from yiwang.apps.city.pages.leader.decide import LEAVE, said
from yiwang.apps.city.queries.leader import follow
from yiwang.apps.city.queries.leader.settings import DESK, chips
from yiwang.apps.city.services import leader as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.queries import clocks as clock_queries
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks import clocks
from yiwang.kernel.ui.desks.clocks import limit_text
from yiwang.kernel.ui.desks.desk import case_url


@never_cache
@require_http_methods(["GET", "POST"])
@door(DESK)
def press_page(request: HttpRequest) -> HttpResponse:
    """GET /city/leader/press/?case=|org=&way=: the form, or the bodies that owe most. POST gives it, once."""
    actor = actor_of(request)
    case_uid, org_uid = (_number(request, name) for name in ("case", "org"))
    case, org = follow.target_of(actor, case_uid, org_uid)
    if request.method == "POST":
        return _give(request, case, org)
    if case is None and org is None:
        others = [(uid, texts.pick(name)) for uid, name in follow.other_bodies(actor)]
        return render(request, "city/leader/bodies.html", {"tabs": tabs("press"), "bodies": follow.bodies(actor), "others": others})
    return _form(request, case, org, {"way": request.GET.get("way", "")})


def _number(request: HttpRequest, name: str) -> Any:
    """Return the number given; what is none is nothing that exists."""
    given = (request.POST if request.method == "POST" else request.GET).get(name, "")
    if not given:
        return None
    found = uuid_of(given)
    if found is None:
        raise NotFound(what=name)
    return found


def ways(actor: Actor, case: Any, org: Any) -> list[tuple[str, str, str]]:
    """Return what the actor may give here as (value, words, icon), the red card first."""
    area, body = (case.area_path, "") if case is not None else (org.area.path, org.path)
    found = []
    if actor.may("supervision.card.give", area_path=area, org_path=body):
        found += [("red", _("Red card"), "flag"), ("yellow", _("Yellow card"), "flag")]
    if actor.may("supervision.order.give", area_path=area, org_path=body):
        found.append(("order", pgettext("leader", "Order"), "clipboard-text"))
    if case is not None and case.is_open and actor.may("supervision.note.give", area_path=area):
        found.append(("note", pgettext("leader", "Note"), "writing-sign"))
    return [one for one in found if case is None or case.is_open or one[0] != "order"]


def _form(request: HttpRequest, case: Any, org: Any, typed: dict[str, str], problem: str = "", status: int = 200) -> HttpResponse:
    actor, holds = actor_of(request), chips()
    offered = ways(actor, case, org)
    way = typed.get("way") if typed.get("way") in [w for w, _label, _icon in offered] else offered[0][0] if offered else ""
    context: dict[str, object] = {
        "tabs": tabs("press"), "case": case, "org": org, "name": case.title if case is not None else texts.pick(org.name), "case_url": case_url(case) if case is not None else "",
        "body": texts.pick(case.org.name) if case is not None and case.org else "", "ways": offered, "way": way, "reasons": holds.press,
        "clock": clocks.view(clock_queries.of_cases([case]).get(case.pk), until=case.suspended_until) if case is not None else None,
        "limits": [(f"{unit}:{value}", limit_text(unit, value) % {"n": value} if "%(n)s" in limit_text(unit, value) else limit_text(unit, value)) for unit, value in holds.limits],
        "typed": typed, "problem": problem, "key": str(uuid7()),
    }  # fmt: skip
    return render(request, "city/leader/press.html", context, status=status)


def _give(request: HttpRequest, case: Any, org: Any) -> HttpResponse:
    actor = actor_of(request)
    typed = {name: request.POST.get(name, "")[:40] for name in ("way", "reason", "limit")} | {"text": clean_text(request, "text")}
    wanted = services.Press(case=case.uid if case is not None else None, org=org.uid if org is not None else None, **typed)
    try:
        done = services.press(actor, wanted, sound=request.FILES.get("sound"), key=request.POST.get("idempotency_key", "")[:80])
    except ProblemError as problem:
        if problem.status in LEAVE:
            raise
        status = problem.status if problem.status in (403, 409) else 422
        if case is None and org is None:
            others = [(uid, texts.pick(name)) for uid, name in follow.other_bodies(actor)]
            context = {"tabs": tabs("press"), "bodies": follow.bodies(actor), "others": others, "problem": said(problem)}
            return render(request, "city/leader/bodies.html", context, status=status)
        return _form(request, case, org, typed, said(problem), status=status)
    if done.way in services.CARDS:
        messages.success(request, _("Red card given.") if done.way == "red" else _("Yellow card given."))
        return redirect(f"{reverse('city:leader_follow')}#cards")
    messages.success(request, _("Given: %(number)s") % {"number": done.number})
    return redirect("city:leader_order", done.uid)
