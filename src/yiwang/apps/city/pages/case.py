"""The case page (案卷), one move on it, and showing who reported with a purpose."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yiwang.apps.city.pages import judging
from yiwang.apps.city.pages.common import APP, actor_of
from yiwang.apps.city.pages.moves import extra_for
from yiwang.apps.city.queries import casepage, census, intake, ownership
from yiwang.apps.city.queries.judging import appeals, checks, precedents
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.queries import persons, work
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks import case as desks
from yiwang.kernel.ui.desks.case import CaseParts

DUTY_ASKED = ("pending_dispatch", "return_asked", "pending_handle", "handling")
INTAKE = ("reported", "verifying", "pending_file")
TEMPLATE = "city/case.html"


def parts_of(actor: Actor, case: Any) -> CaseParts:
    """Return the city's part of the page: facts, findings, likely duplicates while it can still be joined."""
    facts = casepage.facts(actor, case, intake.channel_words(case))
    twins = intake.twin_views(actor, casepage.twins(actor, case)) if case.state in INTAKE else []
    return CaseParts(
        fields=extra_for, facts=casepage.event_facts, flags=casepage.same_picture_flags(case),
        context={"facts": facts, "side": facts.typed, "twins": twins, "appeals": _appeals(actor, case), "precedents": _precedents(actor, case), **_ownership(actor, case), **_census(actor, case), "reveal_url": reverse("city:reveal", args=[case.uid])},
    )


def _appeals(actor: Actor, case: Any) -> list[dict[str, Any]]:
    """Return what bodies contested of the case and what became of each count."""
    return [judging.appeal_row(row, case) for row in appeals.of_case(actor, case)] if not case.is_open else []


def _precedents(actor: Actor, case: Any) -> list[dict[str, Any]]:
    """Return what was settled of the case's class, while somebody has to say whose it is."""
    return [judging.precedent_row(row) for row in precedents.near(actor, case)] if case.state in DUTY_ASKED else []


def _ownership(actor: Actor, case: Any) -> dict[str, Any]:
    """Return the list of components when the case confirms owners (确权), with its map."""
    view = ownership.of_case(actor, case)
    if view is None:
        return {}
    layers = [{"id": "items", "label": _("Components of the list"), "kind": "points", "data": ownership.features(view)}]
    return {"ownership": view, "ownership_map": {"mode": "browse", "table": False, "layers": layers}}


def _census(actor: Actor, case: Any) -> dict[str, Any]:
    """Return the order when the case is a census (专项普查), and the reader's own part of it."""
    order = census.of_case(case) if case.matter.code == census.MATTER else None
    if order is None:
        return {}
    part = census.own_part(actor, case.uid)
    return {
        "census": order, "census_share": census.progress_of([order.pk]).get(order.pk), "census_part_url": reverse("city:census_part", args=[part.uid]) if part else "",
        "census_url": reverse("city:census_one", args=[case.uid]) if actor.may(census.ORDER, area_path=case.area_path) else "",
    }  # fmt: skip


def act_url(case: Any) -> str:
    return reverse("city:act", args=[case.uid])


@require_GET
@door("city.case.view", "city.citizen")
def case(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/cases/<uid>/; whoever may do a task of it and opens it has received the task (签收)."""
    try:
        return desks.case_page(request, uid, app=APP, parts_of=parts_of, act_url=act_url, template=TEMPLATE)
    except NotFound:
        second = checks.own_open(actor_of(request), uid)  # until he has checked it himself he sees nothing of the first check
        if second is not None:
            return redirect("city:second", second)
        part = census.own_part(actor_of(request), uid)  # of a census beyond his streets he sees his own part
        if part is None:
            raise
        return redirect("city:census_part", part.uid)


@require_POST
@door("city.case.view")
def act(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /city/cases/<uid>/act/: one move (action, outcome, task, version, idempotency_key and its fields)."""
    return desks.act(request, uid, app=APP, parts_of=parts_of, act_url=act_url, template=TEMPLATE)


@require_POST
@door("city.party.view")
def reveal(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /city/cases/<uid>/reveal/ party, purpose: personal values, and a line on the access log."""
    actor = actor_of(request)
    found = work.case_for(actor, uid)
    number = texts.whole(request.POST.get("party", ""))
    if found.app != APP or number is None:
        raise NotFound(what="party")
    link = persons.party_link(actor, found, number)
    purpose = request.POST.get("purpose", "")[:200]
    values = cases.reveal(actor, link, purpose)
    context: dict[str, object] = {"values": values, "link_id": link.pk, "purpose": purpose.strip(), "case": found}
    response = render(request, "ui/desks/party_shown.html" if getattr(request, "htmx", None) else "city/party.html", context)
    response["Cache-Control"] = "no-store"  # not left in a browser that others use
    return response


__all__ = ["act", "case", "reveal"]
