"""A citizen asks about his data: why it was read, to put it right, to delete it, about a dead relative; and reads the answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.rights.forms import CorrectForm, RelativeForm, WhyForm
from yiwang.apps.datahub.pages.rights.mine import actor_of, sentence, tabs
from yiwang.apps.datahub.queries.rights import held as held_queries
from yiwang.apps.datahub.queries.rights import log
from yiwang.apps.datahub.queries.rights import requests as queries
from yiwang.apps.datahub.queries.rights.requests import OWN
from yiwang.apps.datahub.queries.rights.subject import subject_of_actor
from yiwang.apps.datahub.rules.rights.settings import limit
from yiwang.apps.datahub.services.rights import requests as services
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


def state_of(row: Any) -> dict[str, Any]:
    """Return the state's word and tone; overdue is said before all."""
    if row.state == "open" and row.due_at < now():
        return {"label": _("Overdue"), "tone": "overdue"}
    return {"label": row.get_state_display(), "tone": {"open": "soon", "answered": "in_time", "declined": "paused"}.get(row.state, "done")}


@never_cache
@require_GET
@door(OWN)
def requests(request: HttpRequest) -> HttpResponse:
    """GET /data/mine/requests/: what I asked, who has it, until when."""
    actor = actor_of(request)
    page = page_by_key(queries.of_account(actor.account_id or 0), cursor=request.GET.get("after", ""), size=20)
    context: dict[str, object] = {
        "tabs": tabs(actor, "my_requests"), "rows": [(row, state_of(row)) for row in page.rows], "next": page.next, "previous": page.previous,
        "days": limit("answer_days"),
    }  # fmt: skip
    return render(request, "datahub/rights/requests.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door(OWN)
def one_request(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/mine/requests/<uid>/: one request with its steps; POST takes it back."""
    actor = actor_of(request)
    row = queries.own(actor, uid)
    if request.method == "POST":
        services.withdraw(actor, uid)
        messages.success(request, _("Your request is taken back."))
        return redirect("datahub:my_request", uid)
    context: dict[str, object] = {"row": row, "state": state_of(row), "steps": list(row.steps.order_by("pk"))}
    return render(request, "datahub/rights/request.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door(OWN)
def why(request: HttpRequest, position: int) -> HttpResponse:
    """GET, POST /data/mine/why/<position>/ text: ask the body that read me why it did."""
    if position > 2**63 - 1:
        raise NotFound(what="reading")
    actor = actor_of(request)
    subject = subject_of_actor(actor)
    line = log.told(subject, [log.line_of(subject, position)])[0]
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.ask_why(actor, position, text=form.cleaned_data["text"])
        except ProblemError as problem:
            refuse(form, problem)
        else:
            messages.success(request, _("Asked. The answer comes to you as a message and stands here."))
            return redirect("datahub:my_request", made.uid)
    context: dict[str, object] = {"form": form, "line": line, "words": sentence(line), "days": limit("answer_days")}
    return render(request, "datahub/rights/ask_why.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@door(OWN)
def correct(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/mine/correct/<party>/ field, wanted, text, do=erase: have a value put right, or the record deleted."""
    actor = actor_of(request)
    holding = next((h for h in held_queries.holdings(subject_of_actor(actor)) if h.party_uid == uid), None)
    if holding is None:
        raise NotFound(what="record")
    erase = "erase" in (request.POST.get("do"), request.GET.get("do"))
    choices = [(v.field, f"{v.label}（{v.masked}）") for v in holding.values] or [("name", _("name"))]
    form: Any = WhyForm(request.POST or None) if erase else CorrectForm(choices, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.ask_correction(
                actor, uid, field=given.get("field", ""), wanted=given.get("wanted", ""), text=given["text"], kind="erase" if erase else "correct"
            )
        except ProblemError as problem:
            refuse(form, problem)
        else:
            messages.success(request, _("Sent to the office that holds it. You are told what it did."))
            return redirect("datahub:my_request", made.uid)
    if erase:
        form.fields["text"].label, form.fields["text"].help_text = _("Why should it be deleted?"), ""
    context: dict[str, object] = {"form": form, "holding": holding, "erase": erase, "days": limit("answer_days")}
    return render(request, "datahub/rights/correct.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@door(OWN)
def relative(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/mine/relative/: ask about the data of a dead near relative."""
    form = RelativeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.ask_as_relative(actor_of(request), **form.cleaned_data)
        except ProblemError as problem:
            refuse(form, problem)
        else:
            messages.success(request, _("Asked. Bring the papers that show you are related to the service counter."))
            return redirect("datahub:my_request", made.uid)
    return render(request, "datahub/rights/relative.html", {"form": form, "days": limit("answer_days")}, status=422 if form.errors else 200)
