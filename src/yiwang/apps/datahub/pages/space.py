"""The catalogue of ground layers, what lies at a place, and how two layers overlap."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.queries import space as reads
from yiwang.apps.datahub.services import space as services
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

TEXT = 60_000


class EntryForm(forms.Form):
    """What the catalogue says of a layer."""

    layer = forms.ChoiceField(label=gettext_lazy("Layer of the map"), required=False)
    theme = forms.ChoiceField(label=gettext_lazy("Theme"), choices=reads.THEMES)
    reference_on = forms.DateField(label=gettext_lazy("Day that the rows describe"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    standard = forms.CharField(label=gettext_lazy("Standard"), max_length=200, required=False)
    grade = forms.TypedChoiceField(label=gettext_lazy("Grade"), choices=reads.GRADES, coerce=int, initial=2)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.VIEW)
def catalogue(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/space/: layers by theme; POST puts a layer of the map into the catalogue."""
    actor = actor_of(request)
    entries = reads.entries(actor)
    may_describe = actor.may_anywhere(reads.DESCRIBE)
    there = {e.row.layer.code for e in entries}
    form = EntryForm(request.POST or None)
    choices: Any = [(one.code, one.name) for one in reads.layers_of(actor) if one.code not in there] if may_describe else []
    form.fields["layer"].choices = choices  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            services.describe(actor, **form.cleaned_data)
            messages.success(request, _("The layer is in the catalogue."))
            return redirect("datahub:space")
        except ProblemError as problem:
            refuse(form, problem)
    words = dict(reads.THEMES)
    rows = [{"uid": str(e.row.uid), "entry": e, "theme": words[e.row.theme], "owner": pick(e.row.layer.owner_org.name) if e.row.layer.owner_org else ""} for e in entries]
    context = {"rows": rows, "form": form, "may_describe": may_describe and bool(choices), "fold_form": not form.errors}
    return render(request, "datahub/space/list.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.VIEW)
def entry(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/space/layers/<uid>/: what is said of a layer; POST theme, reference_on, standard, grade, note changes it."""
    actor = actor_of(request)
    found = reads.entry_for(actor, uid)
    row = found.row
    initial = {"theme": row.theme, "reference_on": row.reference_on, "standard": row.standard, "grade": row.grade, "note": row.note}
    form = EntryForm(request.POST or None, initial=initial)
    del form.fields["layer"]
    if request.method == "POST" and form.is_valid():
        try:
            services.describe(actor, uid=uid, **form.cleaned_data)
            return redirect("datahub:space_layer", uid)
        except ProblemError as problem:
            refuse(form, problem)
    context = {"entry": found, "row": row, "form": form, "may_describe": actor.may_anywhere(reads.DESCRIBE), "owner": pick(row.layer.owner_org.name) if row.layer.owner_org else ""}
    return render(request, "datahub/space/layer.html", context, status=422 if form.errors else 200)


def _map(shape: Any, centre: Any) -> dict[str, Any]:
    config: dict[str, Any] = {"mode": "pick", "table": False, "draw": {"kind": "polygon", "field": "#id_shape"}, "pick": None}
    if shape is not None:
        west, south, east, north = shape.extent
        data = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": json.loads(shape.geojson), "properties": {"uid": "asked", "label": ""}}]}
        config |= {"layers": [{"id": "asked", "label": _("Asked"), "kind": "points" if shape.geom_type == "Point" else "areas", "tone": "accent", "data": data}]}
        config |= {"centre": [west, south], "zoom": 15} if shape.geom_type == "Point" else {"bounds": [west, south, east, north]}
    return config


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.VIEW)
def here(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/space/here/ lon, lat or shape (GeoJSON): what lies there. Nothing is stored."""
    actor = actor_of(request)
    given = request.POST if request.method == "POST" else request.GET
    asked = {name: given.get(name, "")[:TEXT].replace("\0", "") for name in ("lon", "lat", "shape")}
    shape, found, problem = None, [], None
    try:
        shape = services.place(asked["lon"], asked["lat"], asked["shape"])
        found = reads.here(actor, shape) if shape is not None else []
    except ProblemError as refused:
        problem = refused
    words = dict(reads.THEMES)
    total = reads.area_m2(shape) if shape is not None and shape.geom_type != "Point" else None
    rows = [{"found": f, "theme": words[f.entry.row.theme], "share": 100 * f.m2 / total if total and f.m2 is not None else None} for f in found if f.count]
    context: dict[str, Any] = {
        "asked": asked, "shape": shape, "rows": rows, "silent": [f.entry.name for f in found if not f.count], "problem": problem, "total": total, "map": _map(shape, None),
        "near": reads.NEAR_M, "is_point": shape is not None and shape.geom_type == "Point",
    }  # fmt: skip
    return render(request, "datahub/space/here.html", context, status=problem.status if problem else 200)


@never_cache
@require_GET
@door(reads.VIEW)
def overlap(request: HttpRequest) -> HttpResponse:
    """GET /data/space/overlap/?first=&second=: how much ground two layers of areas share, in square metres."""
    actor = actor_of(request)
    known = {e.open.code: e for e in reads.entries(actor) if e.open.kind == "areas"}
    first, second = known.get(request.GET.get("first", "")), known.get(request.GET.get("second", ""))
    made, problem = None, None
    if first and second and first is not second:
        try:
            made = reads.overlap(actor, first, second)
        except ProblemError as refused:
            problem = refused
    shares = [100 * made.m2 / whole if whole else None for whole in (made.first_m2, made.second_m2)] if made else []
    context: dict[str, Any] = {"choices": [(code, e.name) for code, e in known.items()], "first": first, "second": second, "made": made, "shares": shares, "problem": problem}
    return render(request, "datahub/space/overlap.html", context, status=problem.status if problem else 200)
