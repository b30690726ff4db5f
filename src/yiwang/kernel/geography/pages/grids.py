"""The grids desk (网格管理): look, split, merge, re-code, redraw, draw, remove; every change of unit grids is shown before it is done."""

import json
import math
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import shapely
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import is_showable, pick
from yiwang.kernel.geography import ground, services
from yiwang.kernel.geography.gridwork import KINDS, GridChange, GridPlan
from yiwang.kernel.geography.queries import gridplan
from yiwang.kernel.geography.queries import gridwork as desk
from yiwang.kernel.identity.doors import door

EDIT = "geography.grid.edit"
SIZE = 100
BEAT = "beat"  # 责任网格: the unit grids stay as they are
WORDS = {
    "split": gettext_lazy("Split"), "merge": gettext_lazy("Merge"), "recode": gettext_lazy("Re-code"), "redraw": gettext_lazy("Redraw borders"),
    "draw": gettext_lazy("Draw new ones"), "remove": pgettext_lazy("grid", "Remove"), BEAT: gettext_lazy("Form a responsibility grid"),
}  # fmt: skip
HINTS = {
    "split": gettext_lazy("Draw a line from border to border, or paste it as WKT or GeoJSON."),
    "merge": gettext_lazy("The chosen grids become one."),
    "recode": gettext_lazy("The shape stays; the old code is closed and never given again."),
    "redraw": gettext_lazy("Drag the corners of the chosen grids, or draw or paste the polygons that take their place; together they have to cover the same ground."),
    "draw": gettext_lazy("Draw or paste polygons where no grid is yet."),
    "remove": gettext_lazy("Only where nothing stands on it."),
    BEAT: gettext_lazy("The chosen unit grids, which have to adjoin, become the beat of one inspector. An existing code gets these members."),
}  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@require_GET
@door(EDIT)
def listing(request: HttpRequest) -> HttpResponse:
    """GET /grids/?community=<code>&q=<code begins with>&after=<cursor>: live unit grids; of a community also its gaps."""
    actor = _actor(request)
    communities = list(desk.communities(actor)[:2000])
    chosen = next((c for c in communities if c.code == request.GET.get("community", "")), None)
    q = request.GET.get("q", "").strip()[:15]
    found = desk.live_grids(actor)
    if chosen:
        found = found.filter(parent=chosen)
    if q.isalnum():
        found = found.filter(code__startswith=q)
    page = page_by_key(found, sort="code", descending=False, cursor=request.GET.get("after", ""), size=SIZE)
    query = {k: v for k, v in (("community", chosen.code if chosen else ""), ("q", q)) if v}
    base = reverse("grids:list")
    context: dict[str, object] = {
        "rows": [{**row, "href": reverse("grids:one", args=[row["uid"]])} for row in desk.rows_of(page.rows)], "communities": [(c.code, f"{c.code} {pick(c.name)}") for c in communities],
        "chosen": chosen, "q": q, "gaps": desk.gaps(chosen) if chosen else [], "kinds": [(k, WORDS[k]) for k in (*KINDS, BEAT) if k != "draw"],
        "links": {"shown": len(page.rows), "total": None, **{f"{n}_url": f"{base}?{urlencode({**query, 'after': c})}" if c else "" for n, c in (("next", page.next), ("previous", page.previous))}},
        "draw_url": f"{reverse('grids:change')}?{urlencode({'kind': 'draw', 'community': chosen.code})}" if chosen else "",
        "map": {"mode": "browse", "table": False, "layers": [{"id": "grids", "label": _("Unit grids"), "kind": "areas", "data": desk.features_of(page.rows)}]},
    }  # fmt: skip
    return render(request, "geography/grids/list.html", context)


@never_cache
@require_GET
@door(EDIT)
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /grids/<uid>/: a unit grid, live or closed: its ground, what was there before, what became of it."""
    actor = _actor(request)
    found = desk.grid(actor, uid)
    shape = desk.shape_of(found.pk)
    properties = {"uid": str(found.uid), "code": found.code, "label": found.code[-3:]}
    features = [{"type": "Feature", "geometry": json.loads(shape.geojson), "properties": properties}] if shape is not None else []
    data = {"type": "FeatureCollection", "features": features}
    past = desk.past_of(found)
    work = ground.open_in(actor, [found.pk]) if found.valid_to is None else ground.OpenWork()
    context: dict[str, object] = {
        "grid": found, "row": next(iter(desk.rows_of([found]))), "name": pick(found.name), "past": past, "known": desk.still_known(past), "work": work, "is_live": found.valid_to is None,
        "became": next((p.became for p in past if p.object_id == found.pk), []) if found.valid_to else [], "kinds": [(k, WORDS[k]) for k in ("split", "recode", "redraw", "remove")],
        "map": {"mode": "browse", "table": False, "layers": [{"id": "grids", "label": _("Unit grid"), "kind": "areas", "data": data}]},
    }  # fmt: skip
    return render(request, "geography/grids/one.html", context)


def _asked(request: HttpRequest) -> GridChange:
    given = request.POST if request.method == "POST" else request.GET
    codes = given.get("codes", "").replace("，", ",").replace("\n", ",").split(",")
    reason = given.get("reason", "").strip()[:500]
    return GridChange(
        kind=given.get("kind", "split")[:10], grids=tuple(given.getlist("grids")[:200]), community=given.get("community", "")[:32],
        geometry=given.get("geometry", ""), codes=tuple(c.strip()[:32] for c in codes if c.strip())[:200], reason=reason if is_showable(reason) else "",
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@door(EDIT)
def change(request: HttpRequest) -> HttpResponse:
    """GET, POST /grids/change/ kind, grids (uids), community, geometry, codes, reason; do=preview shows, do=apply does it."""
    actor, asked = _actor(request), _asked(request)
    plan, problem = None, None
    if request.method == "POST":
        try:
            if asked.kind == BEAT:
                if request.POST.get("do") == "apply":
                    name = request.POST.get("name", "")
                    made = services.join_grids(actor=actor, grids=asked.grids, code="".join(asked.codes[:1]), name=name if is_showable(name) else "")
                    messages.success(request, _("Responsibility grid %(code)s has %(m2)s m².") % {"code": made.code, "m2": round(made.area_m2)})
                    return redirect("beats:one", made.uid)
                return _editor(request, actor, asked, None, None)
            if request.POST.get("do") == "apply":
                done = services.change_grids(actor=actor, change=asked)
                _tell(request, done.new_codes, done.components, done.work)
                return redirect(reverse("grids:one", args=[done.new_uids[0]]) if done.new_uids else reverse("grids:list"))
            plan = gridplan.plan(actor, asked)
        except ProblemError as refused:
            if refused.status in (401, 403, 404):
                raise
            problem = refused
    return _editor(request, actor, asked, plan, problem)


def _tell(request: HttpRequest, codes: tuple[str, ...], components: int, work: int) -> None:
    said = _("Done: %(codes)s. Components that went along: %(components)s, open cases: %(work)s.")
    messages.success(request, said % {"codes": ", ".join(codes) or _("the grid is closed"), "components": components, "work": work})


def _editor(request: HttpRequest, actor: Actor, asked: GridChange, plan: GridPlan | None, problem: ProblemError | None) -> HttpResponse:
    olds = desk.chosen(actor, asked.grids)
    community = desk.communities(actor).filter(code=asked.community).first() or (olds[0].parent if olds else None)
    around = desk.around(actor, community, olds) if community else []
    layers: list[dict[str, Any]] = [{"id": "around", "label": _("Unit grids"), "kind": "areas", "data": desk.features_of(around)}]
    if community and (border := desk.border(community)):
        layers.insert(0, {"id": "border", "label": _("Community"), "kind": "lines", "data": border})
    if plan:
        layers.append({"id": "new", "label": _("As it would be"), "kind": "areas", "tone": "accent", "data": _planned(plan)})
    shape = {"split": "line", "redraw": "polygon", "draw": "polygon"}.get(asked.kind, "")
    given = request.POST if request.method == "POST" else request.GET
    corners = asked.kind == "redraw" and bool(olds) and given.get("tool") != "draw"  # of the shapes that are there
    geometry = asked.geometry or (desk.geometry_of(olds) if corners else "")
    drawing: dict[str, Any] = {"kind": "reshape" if corners else shape, "field": "#id_geometry", "snap": ["border"] if corners else ["around", "border"]}
    if corners:
        drawing |= {"around": "around", "chosen": [str(a.uid) for a in olds], "list": "#grid-list"}
    other = urlencode([("kind", "redraw"), *([("tool", "draw")] if corners else []), *(("grids", uid) for uid in asked.grids)]) if asked.kind == "redraw" and olds else ""
    bounds = desk.bounds_of(olds or around) or (desk.bounds_of([community]) if community else None)
    context: dict[str, object] = {
        "asked": asked, "kind": asked.kind, "kinds": [(k, WORDS[k]) for k in (*KINDS, BEAT)], "word": WORDS.get(asked.kind, ""), "hint": HINTS.get(asked.kind, ""),
        "olds": desk.rows_of(olds), "community": community, "plan": plan, "problem": problem, "codes": ", ".join(asked.codes), "shape": shape,
        "geometry": geometry, "corners": corners, "other_url": f"?{other}" if other else "", "tool": "" if corners else "draw",
        "name": name if is_showable(name := request.POST.get("name", "")) else "",
        "map": {"mode": "pick" if shape else "browse", "table": False, "layers": layers, **_look_at(bounds, near=bool(olds)),
                **({"draw": drawing} if shape else {})},
    }  # fmt: skip
    return render(request, "geography/grids/change.html", context, status=problem.status if problem else 200)


def _look_at(bounds: list[float] | None, *, near: bool) -> dict[str, Any]:
    """Return where the map begins: close to the chosen grids, else at all of them."""
    if bounds is None:
        return {}
    if not near:
        return {"bounds": bounds}
    west, south, east, north = bounds
    degrees = max((east - west) * 1.2, north - south, 1e-5)  # a degree of longitude is shorter on the ground and on the screen
    return {"centre": [(west + east) / 2, (south + north) / 2], "zoom": round(min(18.0, max(10.0, math.log2(300 * 360 / (512 * degrees)))), 1)}


def _planned(plan: GridPlan) -> dict[str, Any]:
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(p.shape), "properties": {"uid": p.code, "code": p.code, "label": p.code[-3:]}}
        for p in plan.pieces
    ]
    return {"type": "FeatureCollection", "features": features}
