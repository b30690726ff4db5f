"""The hotline clerk's desk (热线登记): who calls, what and where; earlier calls and likely duplicates while typing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.apps.city.pages.common import APP, MATTER, actor_of, number, uuid_of
from yiwang.apps.city.pages.forms import PersonForm
from yiwang.apps.city.queries import casepage, intake, map
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ReportDraft
from yiwang.kernel.cases.queries import persons
from yiwang.kernel.geography.errors import OutsideArea
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks import states
from yiwang.kernel.ui.desks.desk import case_url


def _form(data: Any = None) -> PersonForm:
    form = PersonForm(data)
    form.fields["class"] = forms.ChoiceField(choices=[("", _("Not sure")), *casepage.classes()], required=False, label=_("Class"))
    form.fields["secret"].help_text = _("No handling department sees name, phone or voice; only the centre does, and each look is logged.")
    return form


@require_http_methods(["GET", "POST"])
@door("city.hotline.register")
def hotline(request: HttpRequest) -> HttpResponse:
    """GET and POST /city/hotline/; `join` on the form adds the call to an open case instead of opening one."""
    actor = actor_of(request)
    form = _form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            answer = _register(actor, form, request)
        except OutsideArea as problem:
            form.add_error("address", str(problem))
        except ProblemError as problem:
            form.refuse(problem)
        else:
            said = _("The call was added to the open case.") if answer["joined"] else _("Registered. Query code: %(code)s") % {"code": answer["code"]}
            messages.success(request, said)
            return redirect("city:case", uid=answer["case"])
    context = {"form": form, "key": request.POST.get("idempotency_key") or str(uuid7()), "bounds": map.home_bounds(actor)}
    return render(request, "city/hotline.html", context, status=422 if form.errors else 200)


def _register(actor: Actor, form: PersonForm, request: HttpRequest) -> dict[str, Any]:
    found, join = form.cleaned_data, uuid_of(request.POST.get("join"))
    draft = ReportDraft(
        channel="hotline", text=found["text"], answers={"class": found["class"]} if found.get("class") else {}, person=form.person(),
        **form.place(),
    )  # fmt: skip

    def do() -> dict[str, Any]:
        receipt = cases.join_report(actor, join, draft) if join else cases.report(actor, MATTER, draft)
        return {"case": str(receipt.case_uid), "code": receipt.query_code, "joined": bool(join)}

    # The person's values never enter the kept request, not even hashed: the rest says well enough that it is the same.
    body = {"text": draft.text, "answers": dict(draft.answers), "lon": draft.lon, "lat": draft.lat, "address": draft.address, "join": str(join or "")}
    answer, _repeated = once(actor, request.POST.get("idempotency_key", "")[:80], body, do)
    return answer


@require_GET
@door("city.hotline.register")
def twins(request: HttpRequest) -> HttpResponse:
    """GET /city/hotline/twins/?lon=&lat=&class=&text=: open cases that the call may repeat (nothing personal in it)."""
    found = intake.twins_of_draft(
        actor_of(request), lon=number(request.GET.get("lon")), lat=number(request.GET.get("lat")),
        given_class=request.GET.get("class", "")[:20], text=request.GET.get("text", "")[:2000],
    )
    return render(request, "city/parts/hotline_twins.html", {"twins": found})


@require_POST
@door("city.hotline.register")
def caller(request: HttpRequest) -> HttpResponse:
    """POST /city/hotline/caller/ caller_phone: what the same number reported before (found by the blind index)."""
    found = persons.cases_of_phone(actor_of(request), request.POST.get("caller_phone", "")[:30], APP)
    rows = [
        {"url": case_url(c), "title": c.title, "number": c.number or "", "at": c.reported_at, "chip": states.chip(c, configs.of_version(c.matter_version_id))}
        for c in found
    ]
    return render(request, "city/parts/caller.html", {"rows": rows, "asked": bool(request.POST.get("caller_phone", "").strip())})
