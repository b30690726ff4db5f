"""Double-blind checks for those who supervise: second checks, disagreements to settle, draws that can be done again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries.judging import checks
from yiwang.apps.city.services.judging import checks as services
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases.queries import work
from yiwang.kernel.files import queries as files
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.ui.desks.desk import case_url
from yiwang.kernel.ui.desks.files import file_view

STATES = ("to_settle", "open", "nobody", "done")
FILTER: dict[str, dict[str, Any]] = {
    "to_settle": {"agrees": False, "settled_at__isnull": True}, "open": {"done_at__isnull": True, "account__isnull": False},
    "nobody": {"account__isnull": True}, "done": {"done_at__isnull": False},
}  # fmt: skip


def state_words() -> dict[str, str]:
    return {"to_settle": _("disagreement to settle"), "open": _("waits for the second check"), "nobody": _("nobody could be drawn"), "done": _("checked twice")}


def outcome_word(outcome: str) -> str:
    return {"pass": _("passed"), "fail": _("failed")}.get(outcome, "–")


def verdict_words() -> dict[str, str]:
    return {"first": _("the first check was right"), "second": _("the second check was right"), "unclear": _("nobody can say")}


def why_words() -> dict[str, str]:
    return {
        "no-other-grid": _("no inspector patrols another responsibility grid"), "none-may-check": _("no inspector of another grid may check there"),
        "all-had-a-part": _("every inspector who could had a part in the case"),
    }  # fmt: skip


def check_row(row: Any, names: dict[int, str]) -> dict[str, Any]:
    state = "nobody" if row.account_id is None else "open" if row.done_at is None else "to_settle" if row.agrees is False and row.settled_at is None else "done"
    tones = {"to_settle": "overdue", "open": "soon", "nobody": "neutral", "done": "in_time"}
    return {
        "uid": str(row.uid), "url": reverse("city:check", args=[row.uid]), "case": row.case.number or row.case.title, "title": row.case.title, "state": state_words()[state],
        "tone": tones[state], "first": names.get(row.first_account_id, "–"), "second": names.get(row.account_id, "–"), "opened_at": row.opened_at, "due_at": row.due_at,
        "first_outcome": outcome_word(row.first_outcome), "outcome": outcome_word(row.outcome) if row.done_at else "", "agrees": row.agrees, "done_at": row.done_at,
        "is_late": row.done_at is None and row.account_id is not None and row.due_at < now(), "verdict": verdict_words().get(row.verdict, ""),
    }  # fmt: skip


@never_cache
@require_GET
@door(checks.VIEW)
def checks_page(request: HttpRequest) -> HttpResponse:
    """GET /city/checks/?state=&after=: second checks of the reader's area, and how often each pair of people disagrees."""
    actor, state = actor_of(request), request.GET.get("state", "")
    rows = checks.visible_to(actor)
    pairs = checks.disagreement(rows)
    if state in STATES:
        rows = rows.filter(**FILTER[state])
    page = page_by_key(rows, sort="opened_at", cursor=request.GET.get("after", ""), size=30)
    people = {i for r in page.rows for i in (r.first_account_id, r.account_id) if i} | {i for p in pairs for i in (p.one, p.other)}
    names = checks.names_of(people)
    shown = sorted(pairs, key=lambda p: (-(p.share or 0), -p.both, p.one, p.other))[:50]
    context: dict[str, object] = {
        "rows": [check_row(r, names) for r in page.rows], "next": page.next, "previous": page.previous, "state": state, "counts": checks.counts(actor),
        "states": [("", _("All")), *((s, state_words()[s]) for s in STATES)],
        "pairs": [
            {"one": names.get(p.one, ""), "other": names.get(p.other, ""), "disagreed": p.disagreed, "both": p.both, "percent": round(100 * (p.share or 0), 1)}
            for p in shown
        ],
    }  # fmt: skip
    return render(request, "city/judging/checks.html", context)


class SettleForm(forms.Form):
    """Which of the two was right."""

    verdict = forms.ChoiceField(label=gettext_lazy("Verdict"), widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["verdict"].choices = list(verdict_words().items())  # type: ignore[attr-defined]


class RedrawForm(forms.Form):
    """Why somebody else shall be drawn."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


@never_cache
@require_http_methods(["GET", "POST"])
@door(checks.VIEW)
def check_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /city/checks/<uid>/: both checks side by side; do=settle with verdict and reason, do=redraw with reason."""
    actor, row = actor_of(request), checks.second_for(actor_of(request), uid)
    what = request.POST.get("do", "")
    settle = SettleForm(request.POST if what == "settle" else None)
    redraw = RedrawForm(request.POST if what == "redraw" else None)
    form: forms.Form = settle if what == "settle" else redraw
    if request.method == "POST" and form.is_valid():
        try:
            if what == "settle":
                services.settle(actor, uid, verdict=form.cleaned_data["verdict"], reason=form.cleaned_data["reason"])
                messages.success(request, _("Settled."))
            else:
                services.redraw_second(actor, uid, form.cleaned_data["reason"])
                messages.success(request, _("Drawn again."))
            return redirect("city:check", uid)
        except ProblemError as problem:
            refuse(form, problem)
    names = checks.names_of({i for i in (row.first_account_id, row.account_id) if i})
    case = row.case
    first = [file_view(f) for f in files.of_subject("case", case.uid) if f.stage == "check" and f.kind == "photo"]
    second = [file_view(f) for f in files.of_subject(services.FILES, row.uid) if f.kind == "photo"]
    sees = work.may_see(actor, case)
    context: dict[str, object] = {
        "row": check_row(row, names), "check": row, "case": case, "case_url": case_url(case) if sees else "", "first_photos": first if sees else [], "second_photos": second,
        "settle": settle, "redraw": redraw, "may_settle": row.agrees is False and row.settled_at is None and actor.may(checks.SETTLE, area_path=row.area_path) and actor.account_id not in (row.first_account_id, row.account_id),
        "may_redraw": row.done_at is None and actor.may(checks.SETTLE, area_path=row.area_path), "draws": [draw_row(d) for d in checks.draws(actor).filter(case=case).order_by("pk")],
    }  # fmt: skip
    return render(request, "city/judging/check.html", context, status=422 if form.errors else 200)


def draw_row(draw: Any) -> dict[str, Any]:
    kinds = {"check": _("check"), "second": _("second check")}
    return {
        "uid": str(draw.uid), "url": reverse("city:draw", args=[draw.uid]), "case": draw.case.number or draw.case.title, "title": draw.case.title, "kind": kinds.get(draw.kind, draw.kind),
        "round": draw.round, "at": draw.drawn_at, "drawn": (draw.drawn.name or draw.drawn.username) if draw.drawn else "", "why": why_words().get(draw.why_none, ""),
        "eligible": len(draw.eligible), "only_on_shift": draw.only_on_shift,
    }  # fmt: skip


@never_cache
@require_GET
@door(checks.VIEW)
def draws_page(request: HttpRequest) -> HttpResponse:
    """GET /city/draws/?after=: every draw of the reader's area, newest first."""
    page = page_by_key(checks.draws(actor_of(request)), sort="drawn_at", cursor=request.GET.get("after", ""), size=30)
    context: dict[str, object] = {"rows": [draw_row(d) for d in page.rows], "next": page.next, "previous": page.previous}
    return render(request, "city/judging/draws.html", context)


@never_cache
@require_GET
@door(checks.VIEW)
def draw_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/draws/<uid>/: who was in the lot in the order of the draw, the seed once its day is over, and the draw done again."""
    draw = checks.draw_for(actor_of(request), uid)
    context: dict[str, object] = {"draw": draw, "row": draw_row(draw), "redrawn": checks.redraw(draw), "subject": str(draw.case.uid), "drawn_uid": str(draw.drawn.uid) if draw.drawn else ""}
    return render(request, "city/judging/draw.html", context)
