"""Responsibility grids (责任网格): the list, and a page each with its unit grids, who walks it, and what the apps say of it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import is_showable, pick
from yiwang.kernel.geography import ground, services
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.geography.queries import beats as desk
from yiwang.kernel.geography.queries import gridwork
from yiwang.kernel.identity.doors import door

VIEW, EDIT = "geography.beat.view", "geography.grid.edit"
SIZE = 50


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@never_cache
@require_GET
@door(VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """GET /responsibility-grids/?street=<code>&q=&without=1&after=<cursor>: live ones, by code."""
    actor = _actor(request)
    streets = desk.streets(actor)
    chosen = next((s for s in streets if s.code == request.GET.get("street", "")), None)
    q = request.GET.get("q", "").strip()[:60]
    q = q if is_showable(q) else ""
    without = request.GET.get("without") == "1"
    found = desk.search(desk.live_beats(actor).select_related("area").defer("shape"), chosen.code if chosen else "", q, without)
    page = page_by_key(found, sort="code", descending=False, cursor=request.GET.get("after", ""), size=SIZE)
    query = {k: v for k, v in (("street", chosen.code if chosen else ""), ("q", q), ("without", "1" if without else "")) if v}
    base = reverse("beats:list")
    context: dict[str, object] = {
        "rows": [{"row": row, "href": reverse("beats:one", args=[row.uid])} for row in desk.rows_of(page.rows)], "streets": [(s.code, f"{s.code} {pick(s.name)}") for s in streets],
        "may_edit": actor.may_anywhere(EDIT), "street": chosen.code if chosen else "", "q": q, "without": without, "is_filtered": bool(query),
        "links": {"shown": len(page.rows), "total": None, **{f"{n}_url": f"{base}?{urlencode({**query, 'after': c})}" if c else "" for n, c in (("next", page.next), ("previous", page.previous))}},
    }  # fmt: skip
    return render(request, "geography/beats/list.html", context)


@never_cache
@require_GET
@door(VIEW)
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /responsibility-grids/<uid>/: one of them, live or closed."""
    actor = _actor(request)
    return _page(request, actor, desk.beat(actor, uid))


@require_POST
@door(EDIT)
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /responsibility-grids/<uid>/change/ do=rename (name, name_en) | assign | alter | end (account, shift, to_shift, substitute), and
    the `stamp` that the page showed."""
    actor, post = _actor(request), request.POST
    grid = desk.beat(actor, uid)
    given: dict[str, Any] = {"actor": actor, "uid": grid.uid, "stamp": post.get("stamp", "")[:40]}
    account, shift, substitute = post.get("account", "")[:60], post.get("shift", ""), post.get("substitute") == "1"
    try:
        match post.get("do", ""):
            case "rename":
                services.rename_grid(**given, name={"zh-Hans": post.get("name", ""), "en": post.get("name_en", "")})
                said = _("The grid has its new name.")
            case "assign":
                services.name_inspector(**given, account=account, shift=shift, is_substitute=substitute)
                said = _("The inspector is named from today.")
            case "alter":
                services.change_inspector(**given, account=account, shift=shift, to_shift=post.get("to_shift", ""), is_substitute=substitute)
                said = _("The shift is changed from today.")
            case "end":
                services.end_inspector(**given, account=account, shift=shift)
                said = _("The shift has ended today; the line stays among the former ones.")
            case _:
                raise BadInput.one("do", "choice", _("Choose what shall be done."))
    except ProblemError as problem:
        if problem.status in (401, 403, 404):
            raise
        return _page(request, actor, desk.beat(actor, uid), problem)
    messages.success(request, said)
    return redirect("beats:one", grid.uid)


def _page(request: HttpRequest, actor: Actor, grid: ResponsibilityGrid, problem: ProblemError | None = None) -> HttpResponse:
    units, is_live = desk.members(grid), grid.valid_to is None
    may_edit = is_live and actor.may(EDIT, area_path=grid.area_path)
    layers: list[dict[str, Any]] = [{"id": "units", "label": _("Unit grids"), "kind": "areas", "data": gridwork.features_of(units)}]
    border = desk.outline(grid)
    if border:
        layers.append({"id": "beat", "label": _("Responsibility grid"), "kind": "lines", "colour": "accent", "data": {"type": "FeatureCollection", "features": [border]}})
    rows = gridwork.rows_of(units)
    again = urlencode([("kind", "beat"), ("codes", grid.code), *(("grids", str(u.uid)) for u in units[:200])])
    context: dict[str, object] = {
        "grid": grid, "row": next(iter(desk.rows_of([grid]))), "is_live": is_live, "may_edit": may_edit, "problem": problem, "stamp": desk.stamp_of(grid),
        "units": [{**row, "href": reverse("grids:one", args=[row["uid"]]) if may_edit else ""} for row in rows], "components": sum(row["components"] for row in rows),
        "walkers": desk.walkers_of([grid.pk]).get(grid.pk, []), "former": desk.former_walkers(grid), "past": desk.past_of(grid),
        "people": desk.people_for(grid) if may_edit else [], "shifts": desk.shift_words() if may_edit else [],
        "figures": ground.of_beat(actor, grid.pk), "work": ground.open_in(actor, [u.pk for u in units]),
        "change_url": reverse("beats:change", args=[grid.uid]), "form_url": f"{reverse('grids:change')}?{again}",
        "named": {"zh": grid.name.get("zh-Hans", ""), "en": grid.name.get("en", "")},
        "map": {"mode": "browse", "table": False, "layers": layers},
    }  # fmt: skip
    return render(request, "geography/beats/one.html", context, status=problem.status if problem else 200)
