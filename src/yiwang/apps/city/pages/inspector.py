"""The inspector's phone page (监督员上报): camera first, place by GPS, class in a tap, sent in four."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.city.pages.common import MATTER, actor_of, uuid_of
from yiwang.apps.city.pages.forms import ReportForm
from yiwang.apps.city.queries import intake, map
from yiwang.apps.city.queries.classes import search_classes
from yiwang.apps.city.queries.lists import class_name
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ReportDraft
from yiwang.kernel.geography.errors import OutsideArea
from yiwang.kernel.identity.doors import door
from yiwang.kernel.paper import queries as plate_queries
from yiwang.kernel.ui.desks.acting import keep_uploads
from yiwang.kernel.ui.desks.files import file_view


class InspectorForm(ReportForm):
    component = forms.CharField(required=False, max_length=17)
    self_handled = forms.BooleanField(required=False, label=gettext_lazy("I have fixed it on the spot"))


@require_http_methods(["GET", "POST"])
@door("city.inspector.report")
def inspector_report(request: HttpRequest) -> HttpResponse:
    """GET and POST /city/report/; a refusal keeps what was typed and the photos that were sent."""
    actor = actor_of(request)
    scanned = plate_queries.place_of(plate_queries.plate(request.GET["plate"][:12])) if request.GET.get("plate") else {}
    form = InspectorForm(request.POST or None, initial=scanned)
    context = _context(request, actor, form, scanned)
    if request.method == "POST":
        receipt = _send(request, actor, form, context)
        if receipt is not None:
            messages.success(request, _("Reported. The centre has it now."))
            return redirect(f"{reverse('city:inspector_report')}?sent={receipt}")
    return render(request, "city/inspector_report.html", context, status=422 if form.errors else 200)


def _context(request: HttpRequest, actor: Actor, form: InspectorForm, scanned: dict[str, Any]) -> dict[str, Any]:
    chosen = request.POST.get("class", "") or scanned.get("class", "")
    recent = intake.recent_classes(actor) or intake.usual_classes()
    if chosen and chosen not in dict(recent):
        recent = [(chosen, class_name(chosen)), *recent]
    return {
        "form": form, "classes": recent, "chosen_class": chosen, "key": request.POST.get("idempotency_key") or str(uuid7()),
        "sent": uuid_of(request.GET.get("sent")), "uploaded": [], "component": request.POST.get("component", "") or scanned.get("component", ""),
        "bounds": map.home_bounds(actor),
    }  # fmt: skip


def _send(request: HttpRequest, actor: Actor, form: InspectorForm, context: dict[str, Any]) -> str | None:
    """Report once under the form's number; None when it was refused and the form says why."""
    valid = form.is_valid()
    try:
        before, hashes = keep_uploads(request, actor, "photos", "before")
        after: list[Any] = []
        if request.POST.get("self_handled"):
            after, after_hashes = keep_uploads(request, actor, "after", "after", kept="uploaded_after")
            hashes = [*hashes, *after_hashes]
        context["uploaded"] = [file_view(r) for r in before]
        context["uploaded_after"] = [file_view(r) for r in after]
        if not valid:
            return None
        found = form.cleaned_data
        answers = {"class": request.POST.get("class", "")[:20], "component": found["component"], "self_handled": found["self_handled"]}
        draft = ReportDraft(
            channel="inspector", text=found["text"], answers={k: v for k, v in answers.items() if v},
            files=tuple(r.uid for r in (*before, *after)), **form.place(),
        )  # fmt: skip
        body = {"text": draft.text, "answers": dict(draft.answers), "lon": draft.lon, "lat": draft.lat, "address": draft.address, "files": hashes}
        answer, _repeated = once(actor, request.POST.get("idempotency_key", "")[:80], body, lambda: _report(actor, draft))
        return str(answer["case"])
    except OutsideArea as problem:
        form.add_error("address", str(problem))
    except ProblemError as problem:
        form.refuse(problem)
    return None


def _report(actor: Actor, draft: ReportDraft) -> dict[str, Any]:
    receipt = cases.report(actor, MATTER, draft)
    return {"case": str(receipt.case_uid), "code": receipt.query_code}


@require_GET
@door("city.inspector.report", "city.hotline.register")
def near(request: HttpRequest) -> HttpResponse:
    """GET /city/report/near/?lon=&lat=: components within 30 m, to tap."""
    try:
        found = intake.nearby_components(request.GET.get("lon"), request.GET.get("lat"))
    except ProblemError:
        found = []
    return render(request, "city/parts/components.html", {"components": found, "component": request.GET.get("component", "")})


@require_GET
@door("city.inspector.report", "city.hotline.register")
def classes(request: HttpRequest) -> HttpResponse:
    """GET /city/report/classes/?class_words=: classes whose name or code holds the words."""
    words = request.GET.get("class_words", "").replace("\0", "").strip()[:40]
    found = [(f"{c.kind}:{c.code}", texts.pick(c.name), texts.pick(c.major_name)) for c in search_classes(words, now().date())] if words else []
    return render(request, "city/parts/class_choices.html", {"found": found, "words": words})
