"""Pages of paper and plates: print, enter, scan."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms as django_forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.base import rates, registry
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import whole
from yiwang.kernel.cases.contracts import PersonDraft, ReportDraft
from yiwang.kernel.files.services import store_upload
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import attach
from yiwang.kernel.paper import queries, services
from yiwang.kernel.paper.models import FormKind, FormState, PaperForm
from yiwang.kernel.paper.rules.serials import read_code
from yiwang.kernel.paper.services.printing import LINES

MOMENT = django_forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


class ActForm(django_forms.Form):
    """One line of a case form."""

    line = django_forms.IntegerField(min_value=1, max_value=LINES, label=gettext_lazy("Line on the sheet"))
    move = django_forms.ChoiceField(label=gettext_lazy("What was done"))
    occurred_at = django_forms.DateTimeField(label=gettext_lazy("When, as the sheet says"), widget=MOMENT)
    reason = django_forms.CharField(required=False, max_length=2000, label=gettext_lazy("Result or reason, in the sheet's words"), widget=django_forms.Textarea(attrs={"rows": 3}))
    condition = django_forms.CharField(required=False, max_length=40, label=gettext_lazy("Number of the condition"), help_text=gettext_lazy("Only when the case was filed or closed."))
    scan = django_forms.FileField(required=False, label=gettext_lazy("Photo or scan of the sheet"))
    uploaded = django_forms.UUIDField(required=False, widget=django_forms.HiddenInput)  # sent before, when the form was refused
    task_uid = outcome = action = None


class PaperReportForm(django_forms.Form):
    """A report form."""

    text = django_forms.CharField(max_length=2000, label=gettext_lazy("What is wrong"), widget=django_forms.Textarea(attrs={"rows": 3}))
    occurred_at = django_forms.DateTimeField(label=gettext_lazy("When, as the sheet says"), widget=MOMENT)
    plate = django_forms.CharField(required=False, max_length=12, label=gettext_lazy("Plate code"), help_text=gettext_lazy("Gives the exact place."))
    address = django_forms.CharField(required=False, max_length=256, label=gettext_lazy("Address or how to find it"))
    lon = django_forms.FloatField(required=False, label=gettext_lazy("Longitude"))
    lat = django_forms.FloatField(required=False, label=gettext_lazy("Latitude"))
    class_code = django_forms.CharField(required=False, max_length=20, label=gettext_lazy("Class"), help_text="component:01001")
    taken_by = django_forms.CharField(required=False, max_length=60, label=gettext_lazy("User name of who took it down"))
    name = django_forms.CharField(required=False, max_length=60, label=gettext_lazy("Who reported"))
    phone = django_forms.CharField(required=False, max_length=30, label=gettext_lazy("Telephone"))
    scan = django_forms.FileField(required=False, label=gettext_lazy("Photo or scan of the sheet"))
    uploaded = django_forms.UUIDField(required=False, widget=django_forms.HiddenInput)  # sent before, when the form was refused


@never_cache
@require_GET
@door("paper.enter", "paper.print")
def forms(request: HttpRequest) -> HttpResponse:
    """GET /paper/?number=: print; find a form by its number; the last ones."""
    actor = _actor(request)
    typed = request.GET.get("number", "").strip()[:30]
    if typed:
        return redirect("paper:form", queries.form(actor, typed).serial)
    page = page_by_key(queries.forms(actor), cursor=request.GET.get("cursor", ""))
    return render(request, "paper/forms.html", {
        "rows": page.rows, "older": page.next, "open_count": queries.open_cases(actor)[:1000].count(),
        "may_print": actor.may_anywhere("paper.print"), "states": {FormState.PRINTED: "neutral", FormState.ENTERED: "done", FormState.VOID: "paused"},
    })  # fmt: skip


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@door("paper.print")
def print_cases(request: HttpRequest) -> HttpResponse:
    """POST /paper/cases.pdf: a numbered sheet for each open case that concerns the reader."""
    content, made = services.print_cases(_actor(request), site=_site(request))
    return _pdf(content, f"{made[0].serial}_{made[-1].serial}.pdf")


@require_POST
@door("paper.print")
def print_blanks(request: HttpRequest) -> HttpResponse:
    """POST /paper/blanks.pdf count=: numbered sheets for new reports."""
    count = whole(request.POST.get("count", "")) or 0
    content, made = services.print_blanks(
        _actor(request), count, matter=next(iter(registry.matter_decls()), ""), site=_site(request)
    )
    return _pdf(content, f"{made[0].serial}_{made[-1].serial}.pdf")


@never_cache
@require_http_methods(["GET", "POST"])
@door("paper.enter")
def form(request: HttpRequest, serial: str) -> HttpResponse:
    """GET, POST /paper/<number>/?by=: what was entered from the sheet, and its next line."""
    actor = _actor(request)
    found = queries.form(actor, serial)
    if found.serial != serial:
        return redirect("paper:form", found.serial)
    if found.kind == FormKind.REPORT:
        return _report(request, actor, found)
    return _act(request, actor, found)


def _act(request: HttpRequest, actor: Actor, found: PaperForm) -> HttpResponse:
    assert found.case is not None
    by = (request.POST.get("by") or request.GET.get("by", "")).strip()[:60]
    person = queries.doer(by) if by else None
    choices = queries.moves_of(person, found.case) if person else []
    entered = list(queries.lines(found))
    typed = ActForm(
        request.POST if request.method == "POST" else None, request.FILES if request.method == "POST" else None,
        initial={"line": len(entered) + 1},
    )  # fmt: skip
    move = typed.fields["move"]
    assert isinstance(move, django_forms.ChoiceField)
    move.choices = [(c["value"], c["label"]) for c in choices]
    if request.method == "POST" and typed.is_valid() and _enter_act(actor, found, by, typed):
        messages.success(request, _("Entered, with the time on the paper."))
        return redirect("paper:form", found.serial)
    context = {
        "form": found, "facts": queries.facts_of(found.case), "lines": entered, "by": by, "person": person, "choices": choices, "typed": typed,
        "is_open": found.state == FormState.PRINTED,
    }  # fmt: skip
    return render(request, "paper/case_form.html", context, status=422 if typed.errors else 200)


def _enter_act(actor: Actor, found: PaperForm, by: str, typed: ActForm) -> bool:
    values = typed.cleaned_data
    action, task, outcome = str(values["move"]).split("|", 2)
    words = dict(typed.fields["move"].choices).get(values["move"], action)  # type: ignore[attr-defined]
    try:
        files = _scan(actor, typed, "other")
        services.enter_act(
            actor, found.serial, values["line"], done_by=by, occurred_at=_moment(values["occurred_at"], found), action=action,
            task_uid=UUID(task) if task else None, outcome=outcome, reason=values["reason"],
            data={"condition": values["condition"], "closing": values["condition"]} if values["condition"] else {}, files=files, words=str(words),
        )  # fmt: skip
    except BadInput as problem:
        attach(typed, problem)
        return False
    except ProblemError as problem:
        typed.add_error(None, str(problem))
        return False
    return True


def _scan(actor: Actor, typed: django_forms.Form, stage: str) -> list[UUID]:
    """Store what was sent, and let the form carry its number, so that a refusal asks for no second upload."""
    if typed.cleaned_data["scan"]:
        uid: UUID = store_upload(actor=actor, file=typed.cleaned_data["scan"], stage=stage).uid
        typed.data = typed.data.copy()  # type: ignore[attr-defined]
        typed.data["uploaded"] = str(uid)  # type: ignore[index]
        return [uid]
    return [typed.cleaned_data["uploaded"]] if typed.cleaned_data["uploaded"] else []


def _moment(typed: datetime, found: PaperForm) -> datetime:
    """Return the time on the sheet in the zone of the place, whatever zone the clerk's browser has."""
    return typed.replace(tzinfo=zone_of(found.area_path))


def _report(request: HttpRequest, actor: Actor, found: PaperForm) -> HttpResponse:
    typed = PaperReportForm(request.POST if request.method == "POST" else None, request.FILES if request.method == "POST" else None)
    if request.method == "POST" and typed.is_valid() and _enter_report(actor, found, typed):
        messages.success(request, _("Entered, with the time on the paper."))
        return redirect("paper:form", found.serial)
    context = {"form": found, "lines": list(queries.lines(found)), "typed": typed, "is_open": found.state == FormState.PRINTED}
    return render(request, "paper/report_form.html", context, status=422 if typed.errors else 200)


def _enter_report(actor: Actor, found: PaperForm, typed: PaperReportForm) -> bool:
    values = typed.cleaned_data
    try:
        place: dict[str, Any] = {"lon": values["lon"], "lat": values["lat"], "address": values["address"]}
        answers: dict[str, Any] = {"class": values["class_code"]} if values["class_code"] else {}
        if values["plate"]:
            known = queries.place_of(_plate(values["plate"]))
            place = {"lon": known["lon"], "lat": known["lat"], "address": values["address"] or known["address"]}
            answers |= {"component": known["component"]} if known["component"] and not values["class_code"] else {}
            answers.setdefault("class", known["class"])
        person = PersonDraft(name=values["name"], phone=values["phone"]) if values["name"] or values["phone"] else None
        files = _scan(actor, typed, "before")
        draft = ReportDraft(
            channel="hotline", text=values["text"], answers={k: v for k, v in answers.items() if v}, files=tuple(files), person=person,
            occurred_at=_moment(values["occurred_at"], found), **place,
        )  # fmt: skip
        services.enter_report(actor, found.serial, draft, taken_by=values["taken_by"])
    except BadInput as problem:
        attach(typed, problem)
        return False
    except ProblemError as problem:
        typed.add_error(None, str(problem))
        return False
    return True


def _plate(typed: str) -> Any:
    try:
        return queries.plate(typed)
    except NotFound as error:
        raise BadInput.one("plate", "unknown", _("There is no plate with this code.")) from error


@require_POST
@door("paper.enter")
def close(request: HttpRequest, serial: str) -> HttpResponse:
    """POST /paper/<number>/close/ void=0|1: nothing more comes from this sheet."""
    closed = services.close_form(_actor(request), serial, void=request.POST.get("void") == "1")
    messages.success(request, _("Form %(form)s is closed.") % {"form": closed.serial})
    return redirect("paper:forms")


@never_cache
@require_http_methods(["GET", "POST"])
@door("paper.plates")
def plates(request: HttpRequest) -> HttpResponse:
    """GET, POST /plates/: those there are; make one for a named place (label, lon, lat)."""
    actor = _actor(request)
    form = PlaceForm(request.POST if request.method == "POST" else None, initial={k: request.GET.get(k, "") for k in ("lon", "lat", "label")})
    if request.method == "POST" and form.is_valid():
        try:
            services.place_plate(actor, **form.cleaned_data)
            messages.success(request, _("The plate is made; print it below."))
            return redirect("paper:plates")
        except BadInput as problem:
            attach(form, problem)
        except ProblemError as problem:
            form.add_error(None, str(problem))
    page = page_by_key(queries.plates(actor), cursor=request.GET.get("cursor", ""))
    return render(request, "paper/plates.html", {
        "rows": page.rows, "older": page.next, "form": form, "without": queries.assets_without_plate(actor)[:1000].count(),
    }, status=422 if form.errors else 200)  # fmt: skip


class PlaceForm(django_forms.Form):
    """A named place."""

    label = django_forms.CharField(max_length=120, label=gettext_lazy("Name of the place"))
    lon = django_forms.FloatField(label=gettext_lazy("Longitude"))
    lat = django_forms.FloatField(label=gettext_lazy("Latitude"))
    address = django_forms.CharField(required=False, max_length=256, label=gettext_lazy("Address or how to find it"))


@require_POST
@door("paper.plates")
def print_plates(request: HttpRequest) -> HttpResponse:
    """POST /plates/print.pdf: `codes` again, or plates for assets that have none (`class`, at most 420)."""
    actor = _actor(request)
    codes = [read_code(c) for c in request.POST.getlist("codes")][:420]
    made = list(queries.plates(actor).filter(code__in=codes)) if codes else services.asset_plates(actor, class_code=request.POST.get("class", "")[:11])
    return _pdf(services.plates_pdf(made, site=_site(request)), "plates.pdf")


@require_POST
@door("paper.plates")
def retire(request: HttpRequest, code: str) -> HttpResponse:
    """POST /plates/<code>/retire/."""
    services.retire(_actor(request), code)
    messages.success(request, _("The plate is out of use."))
    return redirect("paper:plates")


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def scan(request: HttpRequest, code: str) -> HttpResponse:
    """GET /p/<code>: whoever scans a plate comes to the report page that is his, with asset and place filled in."""
    found = queries.plate(code)
    actor = _actor(request)
    for permission, page in settings.PLATE_PAGES:
        if permission and not actor.may_anywhere(permission):
            continue
        try:
            return redirect(f"{reverse(page)}?{urlencode({'plate': found.code})}")
        except NoReverseMatch:
            continue  # that app is not installed
    raise NotFound(what="plate")
