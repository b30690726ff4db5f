"""Handing in: the data sets of one's bureau, a file looked at before it counts, what became of it, the contract."""

from __future__ import annotations

import difflib
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

from yiwang.apps.datahub.errors import ContractRefused
from yiwang.apps.datahub.pages.common import actor_of, upload_mb
from yiwang.apps.datahub.queries import landing as reads
from yiwang.apps.datahub.queries.landing import runs as run_reads
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.services import contract_versions as contract_services
from yiwang.apps.datahub.services import landing as services
from yiwang.apps.datahub.services.landing import looking, words
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

TONES = {"done": "in_time", "repeated": "neutral", "refused": "overdue", "failed": "overdue", "landing": "accent", "received": "soon", "discarded": "paused"}


class UploadForm(forms.Form):
    """The file to hand in."""

    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("CSV, xlsx, JSON or Parquet. Nothing counts before you have seen what was understood."))


class ContractForm(forms.Form):
    """The text of a contract and why it changes; or a file from which a first one is guessed."""

    text = forms.CharField(label=gettext_lazy("Contract (YAML)"), widget=forms.Textarea(attrs={"rows": 24, "class": "form-control mono", "spellcheck": "false"}), max_length=200_000)
    reason = forms.CharField(label=gettext_lazy("Why it changes"), max_length=500, required=False)


class GuessForm(forms.Form):
    """A file to guess from."""

    file = forms.FileField(label=gettext_lazy("A file of this data set"))


@never_cache
@require_GET
@door(reads.HAND_IN)
def deliveries(request: HttpRequest) -> HttpResponse:
    """GET /data/deliveries/?after=: the data sets of one's bureau and how they stand."""
    actor = actor_of(request)
    page = page_by_key(reads.datasets(actor), sort="code", descending=False, cursor=request.GET.get("after", ""), size=50)
    waiting = reads.hand_backs(actor, is_open=True).count()
    return render(request, "datahub/landing/deliveries.html", {"rows": page.rows, "next": page.next, "previous": page.previous, "waiting": waiting})


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.HAND_IN)
def delivery_set(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /data/deliveries/of/<code>/: columns, versions, deliveries; POST file: hand one in."""
    actor = actor_of(request)
    dataset = run_reads.dataset_for(actor, code)
    form = UploadForm(request.POST if request.method == "POST" else None, request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.receive(actor, dataset, form.cleaned_data["file"])
            return redirect("datahub:run", made.uid)
        except ProblemError as problem:
            refuse(form, problem)
    last = list(reads.runs_of(actor, dataset).order_by("-pk")[:12])
    contract = reads.contract_of(dataset)
    context: dict[str, Any] = {
        "dataset": dataset, "contract": contract, "form": form, "runs": [{"run": r, "tone": TONES[r.state]} for r in last], "mb": upload_mb(), "chart": _chart(last[::-1]),
        "versions": _versions(dataset), "kinds": words.kinds(), "may_edit": actor.may(run_reads.DESCRIBE, area_path=dataset.area_path, org_path=dataset.org_path),
    }  # fmt: skip
    return render(request, "datahub/landing/dataset.html", context, status=422 if form.errors else 200)


def _chart(runs: list[Any]) -> dict[str, Any] | None:
    rows = [r for r in runs if r.state in ("done", "repeated")]
    if len(rows) < 2:
        return None
    return {
        "type": "stack", "title": _("Rows of the last deliveries"), "unit": _("rows"), "x": [r.made_at.strftime("%m-%d %H:%M") for r in rows],
        "series": [{"name": _("Accepted"), "values": [r.accepted for r in rows]}, {"name": _("Refused"), "values": [r.refused for r in rows]}, {"name": _("Duplicate"), "values": [r.duplicate for r in rows]}],
    }  # fmt: skip


def _versions(dataset: Any) -> list[dict[str, Any]]:
    rows = list(dataset.contracts.select_related("made_by").order_by("-version")[:6])
    made = []
    for number, row in enumerate(rows):
        before = rows[number + 1] if number + 1 < len(rows) else None
        lines = [] if before is None else list(difflib.unified_diff(before.text.splitlines(), row.text.splitlines(), lineterm="", n=1))[2:]
        made.append({"version": row, "diff": "\n".join(lines)})
    return made


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.HAND_IN)
def run(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/deliveries/runs/<uid>/ do=confirm|discard: what was understood; what became of it."""
    actor = actor_of(request)
    found = reads.run_for(actor, uid)
    if request.method == "POST":
        try:
            made = services.discard(actor, uid) if request.POST.get("do") == "discard" else services.confirm(actor, uid)
            if made.state == "done":
                messages.success(request, _("%(n)s rows were accepted.") % {"n": made.accepted})
        except ProblemError as problem:
            if problem.status in (401, 403, 404):
                raise
            messages.error(request, str(problem))
        return redirect("datahub:run", uid)
    contract = contracts.from_dict(found.contract.body)
    labels = {c.name: c.label or c.name for c in contract.columns}
    context: dict[str, Any] = {
        "run": found, "dataset": found.dataset, "tone": TONES[found.state], "busy": found.state == "landing", "labels": labels,
        "preview": looking.look(found) if found.state == "received" else None, "told": words.told(found.report, contract) if found.ended_at else [],
        "duplicates": found.report.get("duplicates", [])[:20], "back": getattr(found, "hand_back", None), "facts": found.report.get("file", {}),
    }  # fmt: skip
    return render(request, "datahub/landing/run.html", context)


@never_cache
@require_GET
@door(reads.HAND_IN)
def progress(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /data/deliveries/runs/<uid>/progress/: asked again while a job lands it."""
    found = reads.run_for(actor_of(request), uid)
    response = render(request, "datahub/landing/progress.html", {"run": found, "busy": found.state == "landing"})
    if found.state != "landing":
        response["HX-Refresh"] = "true"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
@door(run_reads.DESCRIBE)
def contract(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /data/deliveries/of/<code>/contract/: text= reason=, or do=guess file=: a new version, or a guess to look at."""
    actor = actor_of(request)
    dataset = run_reads.described_for(actor, code)
    is_guess = request.POST.get("do") == "guess"
    posted = request.method == "POST"
    form = ContractForm(request.POST if posted and not is_guess else None, initial={"text": dataset.contract.text if dataset.contract else ""})
    guess = GuessForm(request.POST if is_guess else None, request.FILES if is_guess else None)
    if is_guess and guess.is_valid():
        try:
            form = ContractForm(initial={"text": contract_services.guess(actor, dataset, guess.cleaned_data["file"])})
        except ProblemError as problem:
            refuse(guess, problem)
    elif posted and not is_guess and form.is_valid():
        try:
            made = contract_services.define(actor, dataset, form.cleaned_data["text"], form.cleaned_data["reason"])
            messages.success(request, _("Version %(n)s of the contract holds from now on.") % {"n": made.version})
            return redirect("datahub:contract_edit", code)
        except ContractRefused as problem:
            form.add_error("text", problem.detail())
        except ProblemError as problem:
            refuse(form, problem)
    context = {"dataset": dataset, "form": form, "guess": guess, "versions": _versions(dataset)}
    return render(request, "datahub/landing/contract.html", context, status=422 if form.errors or guess.errors else 200)
