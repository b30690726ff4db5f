"""An inspector's second check (双盲抽查): what was reported and what should be, nothing of who was there before."""

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

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.pages.judging.checks import outcome_word
from yiwang.apps.city.queries.judging import checks
from yiwang.apps.city.services.judging import checks as services
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.files import queries as files
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.ui.desks.acting import keep_uploads
from yiwang.kernel.ui.desks.files import file_view

TOLD = ("before", "after")  # of the case; what the first check photographed stays out


class SecondForm(forms.Form):
    """What the inspector found."""

    outcome = forms.ChoiceField(label=gettext_lazy("What you found"), widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("Remark"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [("pass", _("It is done: the closing condition is met")), ("fail", _("It is not done, or has come back"))]
        self.fields["outcome"].choices = choices  # type: ignore[attr-defined]


@never_cache
@require_GET
@door(checks.CHECK)
def second_list(request: HttpRequest) -> HttpResponse:
    """GET /city/second/?after=: the second checks that were drawn for the reader."""
    page = page_by_key(checks.mine(actor_of(request)), sort="opened_at", cursor=request.GET.get("after", ""), size=30)
    rows = [
        {"uid": str(r.uid), "title": r.case.title, "address": r.case.address, "due_at": r.due_at, "done_at": r.done_at, "outcome": outcome_word(r.outcome) if r.done_at else "",
         "is_late": r.done_at is None and r.due_at < now()}
        for r in page.rows
    ]  # fmt: skip
    return render(request, "city/judging/second_list.html", {"rows": rows, "next": page.next, "previous": page.previous})


@never_cache
@require_http_methods(["GET", "POST"])
@door(checks.CHECK)
def second_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /city/second/<uid>/: outcome, reason, photos; answered once."""
    actor, row = actor_of(request), checks.own_check(actor_of(request), uid)
    form = SecondForm(request.POST if request.method == "POST" else None)
    uploaded: list[Any] = []
    if request.method == "POST":
        try:
            sent, _hashes = keep_uploads(request, actor, "photos", "check")
            uploaded = [file_view(r) for r in sent]
            if form.is_valid():
                services.answer(
                    actor, uid, outcome=form.cleaned_data["outcome"], reason=form.cleaned_data["reason"], photos=[r.uid for r in sent],
                    key=request.POST.get("idempotency_key", "")[:80],
                )  # fmt: skip
                messages.success(request, _("Kept. Thank you."))
                return redirect("city:second_list")
        except ProblemError as problem:
            refuse(form, problem)
    case = row.case
    shown = [file_view(f) for f in files.of_subject("case", case.uid) if f.kind == "photo" and f.stage in TOLD]
    point = case.point
    context: dict[str, object] = {
        "check": row, "case": case, "form": form, "uploaded": uploaded, "photos": shown, "is_late": row.done_at is None and row.due_at < now(),
        "outcome": outcome_word(row.outcome) if row.done_at else "", "own_photos": [file_view(f) for f in files.of_subject(services.FILES, row.uid)],
        "map": {"mode": "one", "one": {"lon": point.x, "lat": point.y, "label": case.address or case.title}} if point is not None else None,
        "key": request.POST.get("idempotency_key") or str(uuid7()), "lon": point.x if point else None, "lat": point.y if point else None,
    }  # fmt: skip
    return render(request, "city/judging/second.html", context, status=422 if form.errors else 200)
