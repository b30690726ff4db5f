"""Filling in: one's sheets, and one sheet, in the browser or by a workbook."""

from __future__ import annotations

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

from yiwang.apps.datahub.pages.common import actor_of, file_answer
from yiwang.apps.datahub.pages.forms.rows import faults_in_words, sheet_row
from yiwang.apps.datahub.queries import forms as queries
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.filling import check
from yiwang.apps.datahub.rules.masking import shown
from yiwang.apps.datahub.services import forms as services
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import whole
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

SHOWN = 100


class DoForm(forms.Form):
    """What is done with the sheet; it carries refusals."""

    do = forms.ChoiceField(choices=[(w, w) for w in ("row", "delete", "paste", "upload", "hand_in", "accept", "return")])
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    number = forms.IntegerField(min_value=0, max_value=services.MOST_ROWS, required=False)
    text = forms.CharField(label=gettext_lazy("Rows from a sheet"), required=False, max_length=2_000_000, strip=False, widget=forms.Textarea(attrs={"rows": 5}))
    replace = forms.BooleanField(label=gettext_lazy("In place of the rows that are there"), required=False)
    file = forms.FileField(label=gettext_lazy("Filled-in workbook"), required=False)
    reason = forms.CharField(label=gettext_lazy("Why it is returned"), required=False, max_length=500)


@never_cache
@require_GET
@door(queries.FILL)
def sheet_list(request: HttpRequest) -> HttpResponse:
    """GET /data/forms/?state=missing|handed&after=: the reports that are asked of the reader's body."""
    state = request.GET.get("state", "")
    state = state if state in ("missing", "handed") else ""
    page = page_by_key(queries.sheets(actor_of(request), state=state), cursor=request.GET.get("after", ""), size=30)
    words = [("", _("All")), ("missing", _("To be handed in")), ("handed", _("Handed in"))]
    return render(request, "datahub/forms/sheets.html", {"rows": [sheet_row(s) for s in page.rows], "next": page.next, "previous": page.previous, "state": state, "states": words})


def _do(request: HttpRequest, uid: UUID, data: dict[str, Any], contract: Contract) -> None:
    actor, do, version = actor_of(request), data["do"], data["version"] or 0
    if do == "row":
        services.save_row(actor, uid, version, data["number"], {c.name: request.POST.get(f"c_{c.name}", "")[:2000] for c in contract.columns})
        messages.success(request, _("The row is saved."))
    elif do == "delete":
        services.delete_row(actor, uid, version, data["number"] if data["number"] is not None else -1)
        messages.success(request, _("The row is taken out."))
    elif do == "paste":
        services.add_pasted(actor, uid, version, data["text"], replace=data["replace"])
        messages.success(request, _("The rows are saved."))
    elif do == "upload":
        if not data["file"]:
            raise BadInput.one("file", "file", _("Choose a file."))
        services.add_file(actor, uid, version, data["file"], replace=data["replace"])
        messages.success(request, _("The rows are saved."))
    elif do == "hand_in":
        services.hand_in(actor, uid, version)
        messages.success(request, _("Handed in."))
    elif do == "accept":
        services.accept(actor, uid)
        messages.success(request, _("Accepted; its rows have landed in the data set."))
    else:
        services.send_back(actor, uid, data["reason"])
        messages.success(request, _("Returned to the bureau."))


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.FILL, queries.MANAGE)
def sheet_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/forms/<uid>/?row=: one report. Who judges it sees personal values masked."""
    actor = actor_of(request)
    sheet = queries.sheet_for(actor, uid)
    contract = queries.contract_of(sheet)
    form = DoForm(request.POST if request.method == "POST" else None, request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _do(request, uid, form.cleaned_data, contract)
            return redirect("datahub:sheet", uid)
        except ProblemError as problem:
            refuse(form, problem)
    may_fill = queries.may_fill(actor, sheet)
    is_open = sheet.state in queries.MISSING and sheet.task.is_open
    rows = services.rows_of(sheet)
    at = whole(request.GET.get("from", "")) or 0
    edited = whole(request.GET.get("row", "")) if may_fill and is_open else None
    wrong: dict[tuple[int, str], str] = {}
    words = faults_in_words()
    for fault in check(contract, rows):
        wrong.setdefault((fault.row, fault.column), words.get(fault.code, fault.code) + (f" ({fault.limit})" if fault.limit else ""))
    shown = [
        {"number": n, "cells": [{"text": text if may_fill else shown(text, c.personal), "wrong": wrong.get((n, c.name), "")} for c, text in zip(contract.columns, row, strict=True)]}
        for n, row in enumerate(rows[at : at + SHOWN], at)
    ]  # fmt: skip
    typed = rows[edited] if edited is not None and 0 <= edited < len(rows) else [""] * len(contract.columns)
    if form.errors and form.data.get("do") == "row":
        typed = [str(form.data.get(f"c_{c.name}", ""))[:2000] for c in contract.columns]
        edited = whole(str(form.data.get("number", "")))
    fields = [{"name": c.name, "label": c.label or c.name, "required": c.required, "value": v, "kind": c.kind, "hint": c.description or c.unit} for c, v in zip(contract.columns, typed, strict=True)]
    context = {
        "sheet": sheet, "row": sheet_row(sheet), "columns": [c.label or c.name for c in contract.columns], "rows": shown, "fields": fields, "edited": edited, "form": form,
        "may_fill": may_fill and is_open, "may_judge": queries.may_manage(actor, sheet.task) and sheet.state == "handed_in", "wrong": len(wrong), "more": at + SHOWN if at + SHOWN < len(rows) else 0,
    }  # fmt: skip
    return render(request, "datahub/forms/sheet.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@door(queries.FILL)
def sheet_file(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /data/forms/<uid>/sheet.xlsx: the form as a workbook, with the rows that are there; it is on record."""
    return file_answer(services.workbook(actor_of(request), uid))
