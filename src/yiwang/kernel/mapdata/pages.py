"""Pages of layers and map files: the list, the definition, the wizard from upload to undo, export."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import whole
from yiwang.kernel.files.exports import Column, Table, take
from yiwang.kernel.files.upload_limit import LimitedUpload
from yiwang.kernel.geography.queries import layers as layer_reads
from yiwang.kernel.geography.services.layers import define_layer
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import attach
from yiwang.kernel.mapdata import queries, services, words
from yiwang.kernel.mapdata.contents import count_of
from yiwang.kernel.mapdata.forms import ChoiceForm, LayerForm, UploadForm, attribute_line
from yiwang.kernel.mapdata.services.reading import refused

VIEW, DEFINE = layer_reads.VIEW, layer_reads.DEFINE
PREVIEW_ROWS, BAD_SHOWN, BAD_MOST = 2000, 50, 50_000
_BUSY = ("reading", "checking", "bringing", "undoing")
_TONES = {"done": "in_time", "failed": "overdue", "undone": "paused", "discarded": "neutral", "checked": "accent", "mapping": "accent"}


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@never_cache
@require_GET
@door(VIEW)
def layers(request: HttpRequest) -> HttpResponse:
    """GET /ground/layers/: what there is, who keeps it, how many rows one sees; export, import, definition."""
    actor = _actor(request)
    visible = {layer.pk for layer in layer_reads.visible_layers(actor)}
    takes = {layer.code for layer in queries.targets(actor)} if actor.may_anywhere(queries.IMPORT) else set()
    rows = [
        {
            "layer": layer, "count": count_of(actor, layer) if layer.pk in visible else None, "takes": layer.code in takes,
            "exports": layer.pk in visible and actor.may_anywhere(queries.EXPORT),
        }
        for layer in layer_reads.definitions(actor)
    ]  # fmt: skip
    return render(request, "mapdata/layers.html", {
        "rows": rows, "may_define": actor.may(DEFINE), "may_import": actor.may_anywhere(queries.IMPORT),
        "forms": (("gpkg", "GeoPackage"), ("shp/GBK", "Shapefile, GBK"), ("shp/UTF-8", "Shapefile, UTF-8"), ("geojson", "GeoJSON"),
                  ("csv", "CSV, UTF-8"), ("csv/GBK", "CSV, GBK"), ("dxf", "DXF")),
    })  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@door(DEFINE)
def new_layer(request: HttpRequest) -> HttpResponse:
    """GET, POST /ground/layers/new/: a layer of the county's own."""
    return _definition(request, None)


@never_cache
@require_http_methods(["GET", "POST"])
@door(DEFINE)
def edit_layer(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /ground/layers/<code>/: its definition."""
    return _definition(request, layer_reads.definition(_actor(request), code))


def _definition(request: HttpRequest, found: Any) -> HttpResponse:
    initial = {} if found is None else {
        "name_zh": found.name.get("zh-Hans"), "name_en": found.name.get("en"), "geometry": found.geometry, "owner_org": found.owner_org_id,
        "code_rule": found.code_rule, "code_pattern": found.code_pattern, "color": found.symbol.get("color", "#3b6ea8"), "min_zoom": found.min_zoom,
        "max_zoom": found.max_zoom, "review_number": found.review_number, "is_secret": found.is_secret,
        "attributes": "\n".join(attribute_line(a) for a in found.schema),
    }  # fmt: skip
    form = LayerForm(found, request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        code = found.code if found is not None else form.cleaned_data["code"]
        try:
            define_layer(_actor(request), code, is_new=found is None, **form.values())
        except BadInput as problem:
            attach(form, BadInput(errors=tuple({**e, "field": {"schema": "attributes", "name": "name_zh"}.get(e["field"], e["field"])} for e in problem.errors)))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("The layer is saved."))
            return redirect("mapdata:layers")
    return render(request, "mapdata/layer.html", {"form": form, "layer": found}, status=422 if form.errors else 200)


@require_POST
@door(queries.EXPORT)
def export(request: HttpRequest, code: str) -> HttpResponse:
    """POST /ground/layers/<code>/export/ form=gpkg|shp|geojson|csv|dxf, with "/GBK" behind shp and csv: the rows that one sees."""
    form, _slash, encoding = request.POST.get("form", "").partition("/")
    made = services.export(_actor(request), code, form, encoding or "UTF-8")
    return _file(made.content, made.content_type, made.name)


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@never_cache
@require_GET
@door(queries.IMPORT)
def imports(request: HttpRequest) -> HttpResponse:
    """GET /ground/imports/: what was sent, where it stands."""
    actor = _actor(request)
    page = page_by_key(queries.imports(actor), cursor=request.GET.get("cursor", ""))
    rows = [{"batch": row, "tone": _TONES.get(row.state, "soon")} for row in page.rows]
    return render(request, "mapdata/imports.html", {"rows": rows, "older": page.next})


@never_cache
@csrf_exempt  # the check is done below, after the limit is in place: it reads the body
@require_http_methods(["GET", "POST"])
@door(queries.IMPORT)
def upload(request: HttpRequest) -> HttpResponse:
    """GET, POST /ground/imports/new/?layer=: choose layer and file."""
    limit: int = settings.MAP_FILE_MAX_BYTES
    handler = LimitedUpload(request, limit=limit)
    if request.method == "POST":
        request.upload_handlers.insert(0, handler)
    return _upload(request, handler)


@csrf_protect
def _upload(request: HttpRequest, handler: LimitedUpload) -> HttpResponse:
    actor = _actor(request)
    choices = [(layer.code, str(layer.name.get("zh-Hans", layer.code))) for layer in queries.targets(actor)]
    sent = request.method == "POST"
    form = UploadForm(choices, request.POST if sent else None, request.FILES if sent else None, initial={"layer": request.GET.get("layer", "")})
    if sent and handler.exceeded:
        form.add_error("file", refused("too_large", mb=handler.limit // (1024 * 1024)).words)
    elif sent and form.is_valid():
        try:
            made = services.start(actor, form.cleaned_data["layer"], form.cleaned_data["file"])
            return redirect("mapdata:import", made.uid)
        except ProblemError as problem:
            form.add_error("file", getattr(problem, "words", "") or str(problem))
    return render(request, "mapdata/upload.html", {"form": form, "mb": handler.limit // (1024 * 1024)}, status=422 if form.errors else 200)


@never_cache
@require_GET
@door(queries.IMPORT)
def batch(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /ground/imports/<uid>/: the wizard, at the step where it stands."""
    return _wizard(request, queries.batch(_actor(request), uid))


def _wizard(request: HttpRequest, found: Any, form: ChoiceForm | None = None, *, place_error: str = "", status: int = 200) -> HttpResponse:
    labels = queries.labels(found.layer)
    context: dict[str, Any] = {
        "batch": found, "busy": found.state in _BUSY, "tone": _TONES.get(found.state, "soon"), "steps": _steps(found.state), "labels": labels,
        "place_error": place_error, "layer_name": found.layer.name,
    }  # fmt: skip
    if found.state in ("mapping", "checked"):
        context |= {"form": form or ChoiceForm(found, list(settings.LOCAL_CRS)), "understood": _understood(found)}
    if found.state in ("checked", "done"):
        shift = found.counts.get("shift") or {}
        context |= {"shift": shift, "shift_name": words.OFFSETS.get(shift.get("system", ""), "")}
    if found.state == "checked":
        bad = [{"row": row, "said": queries.said(row, labels)} for row in queries.bad_rows(found)[:BAD_SHOWN]]
        context |= {"bad": bad, "kinds": queries.kinds_of_problems(found, labels), "map": _map(found), "more_bad": found.counts.get("bad", 0) > BAD_SHOWN}
    return render(request, "mapdata/import.html", context, status=status)


def _steps(state: str) -> list[dict[str, str]]:
    order = (("upload", _("Upload")), ("mapping", _("What we understood")), ("checked", _("Check the rows")), ("done", _("Brought in")))
    now_at = {"reading": 0, "failed": 0, "mapping": 1, "checking": 2, "checked": 2, "bringing": 3, "done": 4, "undoing": 4, "undone": 4, "discarded": 4}[state]
    return [{"label": str(label), "state": "done" if at < now_at else "now" if at == now_at else "later"} for at, (_key, label) in enumerate(order)]


def _understood(found: Any) -> dict[str, Any]:
    facts = found.understood
    return {
        **facts, "notes_said": [words.NOTES[n] for n in dict.fromkeys(facts.get("notes", [])) if n in words.NOTES],
        "encoding_said": words.ENCODINGS.get(facts.get("encoding_how", ""), ""),
    }  # fmt: skip


def _map(found: Any) -> dict[str, Any]:
    kind = {"point": "points", "line": "lines", "polygon": "areas"}[found.layer.geometry]
    address = reverse("mapdata:preview", args=[found.uid])
    standing = [{"id": "standing", "label": _("Grids in force"), "kind": kind, "url": f"{address}?standing=1", "tone": "neutral"}] if found.counts.get("grids") else []
    return {
        "mode": "browse", "table": False,
        "layers": [
            *standing,
            {"id": "good", "label": _("Good rows"), "kind": kind, "url": f"{address}?bad=0", "tone": "in_time"},
            {"id": "bad", "label": _("Bad rows"), "kind": kind, "url": f"{address}?bad=1", "tone": "overdue"},
        ],
    }  # fmt: skip


@never_cache
@require_GET
@door(queries.IMPORT)
def progress(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /ground/imports/<uid>/progress/: the part that is asked for again while a job works."""
    found = queries.batch(_actor(request), uid)
    busy = found.state in _BUSY
    response = render(request, "mapdata/import.html#progress", {"batch": found, "busy": busy})
    if not busy:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@door(queries.IMPORT)
def choose(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /ground/imports/<uid>/choose/ then=check: keep what was decided, and check the rows."""
    actor = _actor(request)
    found = queries.batch(actor, uid)
    form = ChoiceForm(found, list(settings.LOCAL_CRS), request.POST)
    if not form.is_valid():
        return _wizard(request, found, form, status=422)
    try:
        made = services.choose(actor, uid, form.choice(), form.mapping())
        if request.POST.get("then") == "check" and made.state == "mapping":
            services.check(actor, uid)
    except BadInput as problem:
        attach(form, problem)
        return _wizard(request, queries.batch(actor, uid), form, status=422)
    except ProblemError as problem:
        form.add_error(None, str(problem))
        return _wizard(request, queries.batch(actor, uid), form, status=422)
    return redirect("mapdata:import", uid)


@require_POST
@door(queries.IMPORT)
def compare_place(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /ground/imports/<uid>/place/ number= place=: this row is that place of ours."""
    try:
        services.compare_place(_actor(request), uid, number=whole(request.POST.get("number", "")) or 0, place=request.POST.get("place", ""))
    except BadInput as problem:
        return _wizard(request, queries.batch(_actor(request), uid), place_error=problem.errors[0]["message"], status=422)
    return redirect("mapdata:import", uid)


@require_POST
@door(queries.IMPORT)
def bring(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /ground/imports/<uid>/bring/ mode=all|good."""
    made = services.bring(_actor(request), uid, good_only=request.POST.get("mode") == "good")
    if made.state == "done":
        messages.success(request, _("%(n)s rows were brought in.") % {"n": made.counts["brought_in"]})
    return redirect("mapdata:import", uid)


@require_POST
@door(queries.IMPORT)
def undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /ground/imports/<uid>/undo/: take the whole import back."""
    if services.undo(_actor(request), uid).state == "undone":
        messages.success(request, _("The import was undone as a whole."))
    return redirect("mapdata:import", uid)


@require_POST
@door(queries.IMPORT)
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /ground/imports/<uid>/discard/: throw file and rows away."""
    services.discard(_actor(request), uid)
    messages.success(request, _("The import was discarded."))
    return redirect("mapdata:imports")


@require_GET
@door(queries.IMPORT)
def preview(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /ground/imports/<uid>/rows.geojson?bad=0|1 or ?standing=1: at most 2,000 rows, or grids in force where the file has some, for the map."""
    found = queries.batch(_actor(request), uid)
    if request.GET.get("standing") == "1":
        features = queries.standing_grids(found, limit=PREVIEW_ROWS)
    else:
        features = queries.preview(found, bad=request.GET.get("bad") == "1", limit=PREVIEW_ROWS)
    response = JsonResponse({"type": "FeatureCollection", "features": features, "truncated": len(features) == PREVIEW_ROWS}, json_dumps_params={"ensure_ascii": False})
    response["Content-Type"] = "application/geo+json"
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@door(queries.IMPORT)
def bad_rows(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    """GET /ground/imports/<uid>/bad.xlsx|csv: every bad row with its mend, to correct beside the file."""
    actor = _actor(request)
    found = queries.batch(actor, uid)
    if form not in ("xlsx", "csv"):
        raise NotFound(what="form")
    labels = queries.labels(found.layer)
    rows = []
    for row in queries.bad_rows(found)[:BAD_MOST]:
        said = queries.said(row, labels)
        rows.append({
            "number": row.number, "code": row.code, "wrong": " ".join(s["wrong"] for s in said), "mend": " ".join(dict.fromkeys(s["mend"] for s in said)),
            "values": json.dumps(row.values, ensure_ascii=False),
        })  # fmt: skip
    table = Table(title=_("Bad rows"), rows=rows, columns=(
        Column(key="number", label=_("Row"), width=8), Column(key="code", label=_("Code"), width=20), Column(key="wrong", label=_("What is wrong with it"), width=60),
        Column(key="mend", label=_("Mend"), width=60, carrier=True), Column(key="values", label=_("Values"), width=60),
    ))  # fmt: skip
    made = take(actor, what="mapdata.bad_rows", tables=[table], filters={"import": str(uid)}, form=form, name="bad-rows")
    return _file(made.content, made.content_type, made.name)
