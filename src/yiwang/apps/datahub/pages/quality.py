"""Quality: scores by dimension, rules and their rows, issues of one's bureau, contradictions between sources."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.queries import landing as landing_reads
from yiwang.apps.datahub.queries import quality as reads
from yiwang.apps.datahub.queries.landing import runs as run_reads
from yiwang.apps.datahub.rules.quality import grade_of
from yiwang.apps.datahub.services import contract_words
from yiwang.apps.datahub.services import quality as services
from yiwang.apps.datahub.services.quality import words
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

TONES = {"open": "soon", "disputed": "accent", "accepted": "neutral", "closed": "done"}


class WordsForm(forms.Form):
    """Why the rows are right, or why the dispute is decided so."""

    words = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


def _labels(dataset: Any) -> tuple[dict[str, str], dict[str, str]]:
    contract = landing_reads.contract_of(dataset)
    columns = {c.name: c.label or c.name for c in contract.columns} if contract else {}
    given = {str(r.get("code")): str(r.get("label") or "") for r in contract.rules} if contract else {}
    return columns, given


def issue_row(issue: Any) -> dict[str, Any]:
    columns, given = _labels(issue.dataset)
    late = issue.state == "open" and issue.due_at < now()
    return {
        "uid": str(issue.uid), "issue": issue, "rule": words.rule_name(issue.code, issue.kind, columns, given.get(issue.code, "")),
        "tone": "overdue" if late else TONES[issue.state], "state": _("overdue") if late else issue.get_state_display(),
    }  # fmt: skip


@never_cache
@require_GET
@door(landing_reads.HAND_IN)
def issues(request: HttpRequest) -> HttpResponse:
    """GET /data/quality/?state=&after=: the issues of one's bureau."""
    actor, state = actor_of(request), request.GET.get("state", "")
    rows = reads.issues(actor).select_related("dataset__contract")
    if state in TONES:
        rows = rows.filter(state=state)
    page = page_by_key(rows, cursor=request.GET.get("after", ""), size=30)
    states = [("", _("All")), ("open", _("To be mended")), ("disputed", _("Disputed")), ("closed", _("Mended"))]
    context = {"rows": [issue_row(i) for i in page.rows], "next": page.next, "previous": page.previous, "state": state, "states": states, "may_govern": actor.may_anywhere(reads.GOVERN)}
    return render(request, "datahub/quality/issues.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door(landing_reads.HAND_IN)
def issue(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/quality/issues/<uid>/: its rows, masked; do=dispute|order|uphold|reject with words."""
    actor = actor_of(request)
    found = reads.issue_for(actor, uid)
    form = WordsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            do = request.POST.get("do")
            if do == "order":
                services.order(actor, uid, form.cleaned_data["words"])
            elif do in ("uphold", "reject"):
                services.answer(actor, uid, upheld=do == "uphold", words=form.cleaned_data["words"])
            else:
                services.dispute(actor, uid, form.cleaned_data["words"])
            return redirect("datahub:issue", uid)
        except ProblemError as problem:
            refuse(form, problem)
    columns, rows = reads.bad_rows(found)
    governs = actor.may(reads.GOVERN, area_path=found.area_path, org_path=found.org_path)
    context = {
        "row": issue_row(found), "issue": found, "columns": columns, "rows": rows, "form": form, "may_answer": governs and found.state == "disputed",
        "may_order": governs and found.state == "open", "may_dispute": not governs and found.state == "open",
    }  # fmt: skip
    return render(request, "datahub/quality/issue.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@door(landing_reads.HAND_IN)
def quality_set(request: HttpRequest, code: str) -> HttpResponse:
    """GET /data/quality/of/<code>/?rule=: score and grade, six dimensions, every rule, the trend; the bad rows of one rule, masked."""
    dataset = run_reads.dataset_for(actor_of(request), code)
    last, runs = reads.latest(dataset), reads.trend(dataset)
    columns, given = _labels(dataset)
    names = words.dimensions()
    results = [] if last is None else [
        {"name": words.rule_name(r.code, r.kind, columns, given.get(r.code, "")), "dimension": names.get(r.dimension, r.dimension), "result": r,
         "rate": 100.0 if not r.checked else round(100 * (1 - r.failed / r.checked), 2), "tone": "in_time" if r.is_kept else "overdue"}
        for r in last.results.order_by("is_kept", "-failed", "pk")
    ]  # fmt: skip
    grade = words.grade(grade_of(last.score, settings.QUALITY_GRADES)) if last is not None and last.score is not None else None
    bars = None if last is None else {
        "type": "radar" if len(last.dimensions) >= 3 else "bar", "most": 100, "title": _("Six dimensions"), "unit": _("points"), "x": [names[d] for d in names if d in last.dimensions],
        "series": [{"name": _("Score"), "values": [last.dimensions[d] for d in names if d in last.dimensions]}],
    }  # fmt: skip
    line = None if len(runs) < 2 else {
        "type": "line", "title": _("Score over time"), "unit": _("points"), "x": [timezone.localtime(r.made_at).strftime("%m-%d %H:%M") for r in runs],
        "series": [{"name": _("Score"), "values": [r.score for r in runs]}],
    }  # fmt: skip
    opened = reads.result_of(last, request.GET.get("rule", "").replace("\x00", "")[:120])
    headers, rows = reads.rows_of(dataset, opened)
    missing = [(code, contract_words.not_run(why)) for code, why in last.failed_to_run.items()] if last is not None else []
    context: dict[str, object] = {
        "dataset": dataset, "last": last, "grade": grade, "bars": bars, "line": line, "results": results, "opened": opened, "columns": headers, "rows": rows, "not_run": missing,
        "opened_name": words.rule_name(opened.code, opened.kind, columns, given.get(opened.code, "")) if opened else "",
    }  # fmt: skip
    return render(request, "datahub/quality/dataset.html", context)


@never_cache
@require_GET
@door(reads.GOVERN)
def contradictions(request: HttpRequest) -> HttpResponse:
    """GET /data/quality/contradictions/: what sources say against each other, money at stake first (at most 200)."""
    rows = [issue_row(i) for i in reads.contradictions(actor_of(request)).select_related("dataset__contract")[:200]]
    return render(request, "datahub/quality/contradictions.html", {"rows": rows, "money": sum(r["issue"].money or 0 for r in rows)})
