"""The desk of a body that answers citizens about their data: what waits, what is overdue, the answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.rights.forms import RELATIONS, AnswerForm, PassForm
from yiwang.apps.datahub.pages.rights.mine import actor_of
from yiwang.apps.datahub.pages.rights.own_requests import state_of
from yiwang.apps.datahub.queries.rights import requests as queries
from yiwang.apps.datahub.queries.rights.requests import ANSWER
from yiwang.apps.datahub.rules.rights import settings as shipped
from yiwang.apps.datahub.services.rights import requests as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.identity.queries import organizations
from yiwang.kernel.ui.contracts import Link

STATES = ("open", "overdue", "done")


@never_cache
@require_GET
@door(ANSWER)
def answers(request: HttpRequest) -> HttpResponse:
    """GET /data/answers/?state=open|overdue|done: what citizens asked my body; the oldest limit first among the open."""
    actor = actor_of(request)
    state = request.GET.get("state", "")
    state = state if state in STATES else "open"
    rows = queries.visible_to(actor)
    rows = {"open": rows.filter(state="open"), "overdue": queries.overdue(rows), "done": rows.exclude(state="open")}[state]
    page = page_by_key(rows, sort="due_at", descending=state == "done", cursor=request.GET.get("after", ""), size=30)
    counts = queries.counts(actor)
    words = {"open": _("Waiting"), "overdue": _("Overdue"), "done": _("Answered")}
    context: dict[str, object] = {
        "rows": [(row, state_of(row), texts.pick(row.org.name) if row.org else _("Nobody yet")) for row in page.rows], "state": state,
        "tabs": [Link(label=words[s], url=f"{reverse('datahub:answers')}?state={s}", current=s == state, count=counts[s]) for s in STATES],
        "next": page.next, "previous": page.previous,
    }  # fmt: skip
    return render(request, "datahub/rights/answers.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door(ANSWER)
def answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/answers/<uid>/ do=answer|pass|reveal: one request of a citizen; values only on asking, and logged."""
    actor = actor_of(request)
    row = queries.waiting(actor, uid)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    bodies = [(str(o.uid), texts.pick(o.name)) for o in organizations() if o.pk != row.org_id]
    form, pass_form = AnswerForm(request.POST if do == "answer" else None), PassForm(bodies, request.POST if do == "pass" else None)
    shown: dict[str, Any] = {}
    try:
        if do == "answer" and form.is_valid():
            services.answer(actor, uid, granted=form.cleaned_data["granted"] == "yes", text=form.cleaned_data["answer"])
            messages.success(request, _("Answered; the citizen is told."))
            return redirect("datahub:answers")
        if do == "pass" and pass_form.is_valid():
            services.pass_on(actor, uid, org_uid=UUID(pass_form.cleaned_data["org"]), text=pass_form.cleaned_data["text"])
            messages.success(request, _("Passed on; the limit stays."))
            return redirect("datahub:answers")
        if do == "reveal":
            shown = services.reveal(actor, uid)
    except ProblemError as problem:
        refuse(form if do == "answer" else pass_form, problem)
    line = queries.line(row)
    context: dict[str, object] = {
        "row": row, "state": state_of(row), "steps": list(row.steps.order_by("pk")), "form": form, "pass_form": pass_form, "line": line, "case": queries.case_number(line),
        "fields": [texts.pick(shipped.field_name(f)) for f in line.field_names] if line else [], "field": texts.pick(shipped.field_name(row.field)),
        "register": texts.pick(shipped.register_name(row.register)) if row.register else "", "has_values": bool(row.values),
        "shown": [(_value_label(k), RELATIONS.get(v, v) if k == "relation" else v) for k, v in shown.items()], "body": texts.pick(row.org.name) if row.org else _("Nobody yet"),
    }  # fmt: skip
    return render(request, "datahub/rights/answer.html", context, status=422 if form.errors or pass_form.errors else 200)


def _value_label(key: str) -> str:
    return {"wanted": _("What should stand there"), "relation": _("Relation")}.get(key) or texts.pick(shipped.field_name(key))
