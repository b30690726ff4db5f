"""Columns held against the dictionary (标准符合性), and suggested grades (分类分级)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.pages.standards import common
from yiwang.apps.datahub.pages.standards.forms import DecideForm
from yiwang.apps.datahub.queries.landing.present import contract_of
from yiwang.apps.datahub.queries.standards import dictionary, grades
from yiwang.apps.datahub.rules.standards import grading as grading_rules
from yiwang.apps.datahub.rules.standards import naming as rules
from yiwang.apps.datahub.services.standards import grades as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


@require_GET
@door(dictionary.SEE)
def naming(request: HttpRequest) -> HttpResponse:
    """GET /data/standards/columns/?after=: data sets with how far their columns keep the dictionary."""
    actor = actor_of(request)
    page = page_by_key(dictionary.described(actor), sort="code", descending=False, cursor=request.GET.get("after", ""), size=40)
    elements, lists = dictionary.elements(), dictionary.list_codes()
    rows = []
    for dataset in page.rows:
        contract = contract_of(dataset)
        found = rules.check(contract, elements, lists) if contract is not None else []
        rows.append({
            "set": dataset, "name": texts.pick(dataset.name), "org": texts.pick(dataset.org.name), "columns": len(contract.columns) if contract else 0,
            "serious": sum(f.serious for f in found), "unmapped": sum(f.code == "no_element" for f in found), "score": rules.score(contract, found) if contract else None,
        })  # fmt: skip
    context: dict[str, object] = {"tabs": common.tabs(actor, "naming"), "rows": rows, "next": page.next, "previous": page.previous}
    return render(request, "datahub/standards/naming.html", context)


@require_GET
@door(dictionary.SEE)
def naming_set(request: HttpRequest, code: str) -> HttpResponse:
    """GET /data/standards/columns/<code>/: each column of one data set with what it does otherwise, and what it could be."""
    actor = actor_of(request)
    dataset = dictionary.one_set(actor, code)
    contract = contract_of(dataset)
    elements = dictionary.elements()
    found = rules.check(contract, elements, dictionary.list_codes()) if contract is not None else []
    rows = [{
        "column": column, "grade": common.grade(column.grade), "element": elements.get(column.element),
        "findings": [{
            "words": common.words_of(f), "serious": f.serious, "suggestions": [(elements[c], round(100 * share)) for c, share in f.suggestions],
        } for f in found if f.column == column.name],
    } for column in (contract.columns if contract else ())]  # fmt: skip
    context: dict[str, object] = {
        "set": dataset, "name": texts.pick(dataset.name), "org": texts.pick(dataset.org.name), "rows": rows, "score": rules.score(contract, found) if contract else None,
        "may_edit": actor.may(grades.GRADE, area_path=dataset.area_path, org_path=dataset.org_path),
    }  # fmt: skip
    return render(request, "datahub/standards/naming_set.html", context)


@require_GET
@door(grades.GRADE)
def grading(request: HttpRequest) -> HttpResponse:
    """GET /data/standards/grades/?state=done&after=: suggested grades of the sets that I describe, the newest first."""
    actor, done = actor_of(request), request.GET.get("state") == "done"
    page = page_by_key(grades.suggestions(actor, is_open=not done), sort="id", descending=True, cursor=request.GET.get("after", ""), size=40)
    rows = [{
        "row": row, "set": texts.pick(row.dataset.name), "org": texts.pick(row.dataset.org.name), "now": common.grade(row.present_grade), "then": common.grade(row.grade),
        "why": [common.reason(r) for r in row.reasons],
    } for row in page.rows]  # fmt: skip
    sets = [(d.code, texts.pick(d.name)) for d in grades.sets(actor).order_by("code")[:200]]
    context: dict[str, object] = {
        "tabs": common.tabs(actor, "grading"), "rows": rows, "done": done, "sets": sets, "next": page.next, "previous": page.previous,
    }  # fmt: skip
    return render(request, "datahub/standards/grading.html", context)


@require_POST
@door(grades.GRADE)
def grading_look(request: HttpRequest, code: str) -> HttpResponse:
    """POST /data/standards/grades/of/<code>/: look at the landed rows of one set."""
    actor = actor_of(request)
    found = services.look(actor, grades.one_set(actor, code))
    messages.success(request, _("Looked at: %(count)s columns should be graded higher.") % {"count": len(found)})
    return redirect("datahub:grading")


@require_http_methods(["GET", "POST"])
@door(grades.GRADE)
def grade(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/standards/grades/<uid>/ grade=, note=: one suggestion with its reasons; a person decides."""
    actor = actor_of(request)
    row = grades.suggestion(actor, uid)
    form = DecideForm(request.POST if request.method == "POST" else None, initial={"grade": row.grade})
    if request.method == "POST" and form.is_valid():
        chosen = texts.whole(form.cleaned_data["grade"])
        try:
            services.decide(actor, uid, grade=chosen, note=form.cleaned_data["note"])
        except ProblemError as problem:
            refuse(form, problem)
        else:
            messages.success(request, _("Decided; masks follow it from now on."))
            return redirect("datahub:grading")
    contract = contract_of(row.dataset)
    whole, raised = grading_rules.of_set(contract.columns if contract else (), row.dataset.rows)
    context: dict[str, object] = {
        "row": row, "set": texts.pick(row.dataset.name), "org": texts.pick(row.dataset.org.name), "now": common.grade(row.present_grade), "then": common.grade(row.grade),
        "why": [common.reason(r) for r in row.reasons], "form": form if row.state == "open" else None, "whole": common.grade(whole), "raised": raised,
        "decided": common.grade(row.decided_grade) if row.decided_grade else None,
    }  # fmt: skip
    return render(request, "datahub/standards/grade.html", context, status=422 if form.errors else 200)
