"""Rows given back to one's bureau: why, the workbook to correct, handing in again."""

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

from yiwang.apps.datahub.errors import FileRefused
from yiwang.apps.datahub.pages.common import actor_of, file_answer
from yiwang.apps.datahub.queries import landing as reads
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.services import landing as services
from yiwang.apps.datahub.services.landing import words
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import whole
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

SHOWN = 100


class CorrectForm(forms.Form):
    """The corrected workbook."""

    file = forms.FileField(label=gettext_lazy("Corrected file"))


class GiveUpForm(forms.Form):
    """A row that is not delivered."""

    number = forms.IntegerField(label=gettext_lazy("Row"), min_value=1, max_value=10**12)
    note = forms.CharField(label=gettext_lazy("Why it is not delivered"), max_length=300)


def back_row(back: Any) -> dict[str, Any]:
    is_open = back.closed_at is None
    late = is_open and back.due_at < now()
    state, tone = (_("overdue"), "overdue") if late else (_("to be corrected"), "soon") if is_open else (_("settled"), "done")
    return {"uid": str(back.uid), "back": back, "state": state, "tone": tone}


@never_cache
@require_GET
@door(reads.HAND_IN)
def hand_backs(request: HttpRequest) -> HttpResponse:
    """GET /data/deliveries/given-back/?state=open|closed&after=: rows given back to one's bureau."""
    state = request.GET.get("state", "")
    wanted = {"open": True, "closed": False}.get(state)
    page = page_by_key(reads.hand_backs(actor_of(request), is_open=wanted), cursor=request.GET.get("after", ""), size=30)
    states = [("", _("All")), ("open", _("Open")), ("closed", _("Settled"))]
    return render(request, "datahub/landing/backs.html", {"rows": [back_row(b) for b in page.rows], "next": page.next, "previous": page.previous, "state": state, "states": states})


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.HAND_IN)
def hand_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/deliveries/given-back/<uid>/: do=correct with file, do=give_up with number and note."""
    actor = actor_of(request)
    back = reads.hand_back(actor, uid)
    do = request.POST.get("do", "")
    correct = CorrectForm(request.POST if do == "correct" else None, request.FILES if do == "correct" else None)
    give_up = GiveUpForm(request.POST if do == "give_up" else None)
    form: forms.Form = give_up if do == "give_up" else correct
    if request.method == "POST" and form.is_valid():
        try:
            if do == "correct":
                run = services.correct(actor, uid, form.cleaned_data["file"])
                if run.error:
                    raise FileRefused(reason=run.error["reason"], words=run.error["words"])
                messages.success(request, _("%(n)s rows were accepted.") % {"n": run.accepted})
            else:
                services.give_up(actor, uid, form.cleaned_data["number"], form.cleaned_data["note"])
            return redirect("datahub:hand_back", uid)
        except ProblemError as problem:
            refuse(form, problem)
    contract = contracts.from_dict(back.run.contract.body)
    page = whole(request.GET.get("from", "")) or 0
    found = list(back.run.refused_rows.filter(number__gte=page).order_by("number")[: SHOWN + 1])
    rows = [_row(r, contract) for r in found[:SHOWN]]
    context = {
        "back": back, "row": back_row(back), "dataset": back.dataset, "rows": rows, "columns": [c.label or c.name for c in contract.columns], "correct": correct, "give_up": give_up,
        "more": found[SHOWN].number if len(found) > SHOWN else None,
    }  # fmt: skip
    return render(request, "datahub/landing/back.html", context, status=422 if form.errors else 200)


def _row(row: Any, contract: contracts.Contract) -> dict[str, Any]:
    wrong = {r["column"]: r["code"] for r in row.reasons}
    cells = [{"text": row.masked.get(c.name, ""), "wrong": words.row_reason(c, wrong[c.name]) if c.name in wrong else ""} for c in contract.columns]
    whole_row = words.row_reason(None, wrong[""]) if "" in wrong else ""
    return {"number": row.number, "cells": cells, "whole": whole_row, "settled_at": row.settled_at, "note": row.note}


@never_cache
@require_GET
@door(reads.HAND_IN)
def corrections(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /data/deliveries/given-back/<uid>/rows.xlsx: the open rows with what is wrong beside each."""
    return file_answer(services.corrections_file(actor_of(request), uid))
