"""One series: chart, table, what was known on a date, every revision, and the next figure."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.common import actor_of, file_answer
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.rules.economy.measures import IN_UNIT, MEASURES, VALUE, Given, covers, measure, rounded
from yiwang.apps.datahub.rules.economy.periods import Period, from_code
from yiwang.apps.datahub.services import economy as services
from yiwang.apps.datahub.services.economy import entering, taking, words
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

ROWS = 120
TONES = {"preliminary": "soon", "revised": "accent", "final": "done"}
STATE_TONES = {"waiting": "soon", "released": "done", "rejected": "neutral"}


class FigureForm(forms.Form):
    """The next figure, or a correction of one."""

    period = forms.CharField(label=pgettext_lazy("statistics", "Period"), max_length=20, help_text=gettext_lazy("2026-03, 2026Q1, 2026H1 or 2026"))
    value = forms.DecimalField(label=gettext_lazy("Figure"), max_digits=21, decimal_places=6, required=False, help_text=gettext_lazy("Leave it empty to take the period's figure back."))
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=reads.STATUSES)
    released_on = forms.DateField(label=gettext_lazy("Released by the source on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=gettext_lazy("Reason of a change"), max_length=300, required=False)
    sure = forms.BooleanField(label=gettext_lazy("I am sure, though it looks like a mistake"), required=False)


def date_of(text: str) -> date | None:
    """Return the date that an address names, None for none; BadInput when it is no date."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput.one("as_of", "date", _("Write the date as 2026-03-31.")) from error


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.VIEW)
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/economy/series/<uid>/?show=&as_of=&period=; POST period, value, status, released_on, reason, sure."""
    actor = actor_of(request)
    found = reads.series_for(actor, uid)
    as_of = date_of(request.GET.get("as_of", ""))
    may_enter = actor.may(reads.ENTER, area_path=found.area_path, org_path=found.org_path)
    initial = {"released_on": timezone.localdate(now()), "status": "preliminary"}
    form = FigureForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            if _entered(request, actor, found, form):
                return redirect("datahub:economy_series", uid)
        except ProblemError as problem:
            refuse(form, problem)
    given, told = reads.given([found], as_of)
    mine, figures = given[found.pk], told[found.pk]
    show = request.GET.get("show", VALUE)
    show = show if show in mine.has else VALUE
    context: dict[str, Any] = {
        "series": found, "name": words.series(found), "unit": words.unit(found.unit), "area": pick(found.area.name), "as_of": as_of, "show": show, "form": form, "may_enter": may_enter, "fold_form": not form.errors,
        "measures": [(m, words.measure(m)) for m in mine.has], "chart": _chart(found, mine, show) if figures else None, "count": len(figures),
        "base_year": mine.base_year if show == "constant" else None, "status_tones": TONES, **_table(found, mine, figures),
        "revisions": [_revision(found, f) for f in reads.revisions(found)[:30]], "history": _history(found, request.GET.get("period", "")),
    }  # fmt: skip
    return render(request, "datahub/economy/series.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@door(reads.VIEW)
def file(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /data/economy/series/<uid>/figures.xlsx?as_of=: the series as a workbook."""
    found = reads.series_for(actor_of(request), uid)
    return file_answer(taking.one_file(actor_of(request), found, date_of(request.GET.get("as_of", ""))))


def _entered(request: HttpRequest, actor: Any, found: Any, form: FigureForm) -> bool:
    data = form.cleaned_data
    entry = entering.Entry(entering.period_from(data["period"], found.period_kind), data["value"])
    publication = entering.Publication(status=data["status"], released_on=data["released_on"], reason=data["reason"])
    done = services.put(actor, found.uid, entry, publication, sure=data["sure"])
    messages.success(request, _("Nothing new: the figure was known already.") if done.unchanged else _("Kept; a second person releases it.") if done.waiting else _("Kept."))
    return True


def _places(found: Any, name: str) -> int:
    return found.decimals if name in IN_UNIT else 1


def _chart(found: Any, mine: Given, show: str) -> dict[str, Any]:
    values = measure(show, mine)
    together = covers(mine) if show == "part" else {}  # a bar over two months would stand twice as high
    periods = [p for p in sorted(values) if p not in together]
    return {
        "type": "bar" if show in ("value", "part") and found.kind == "flow" else "line", "title": words.measure(show), "unit": words.measure_unit(show, found), "x": [str(p) for p in periods],
        "series": [{"name": words.measure(show), "values": [None if (v := rounded(values[p], _places(found, show))) is None else float(v) for p in periods]}],
    }  # fmt: skip


def _table(found: Any, mine: Given, figures: dict[Period, reads.Told]) -> dict[str, Any]:
    shown = [m for m in MEASURES if m in mine.has and m != VALUE and (m in ("part", "yoy", "pop", "real", "share"))]
    reckoned = {name: measure(name, mine) for name in shown}
    several = covers(mine)
    labels = dict(reads.STATUSES)
    rows = [
        {"code": str(p), "period": words.period(p, cumulative=found.is_cumulative), "value": rounded(t.value, found.decimals), "told": t, "status": labels[t.status], "tone": TONES[t.status],
         "cells": [{"label": words.measure(n), "value": rounded(reckoned[n].get(p), _places(found, n)), "several": several.get(p) if n == "part" else None} for n in shown]}
        for p, t in sorted(figures.items(), reverse=True)[:ROWS]
    ]  # fmt: skip
    return {"rows": rows, "heads": [(words.measure(n), words.measure_unit(n, found)) for n in shown]}


def _revision(found: Any, figure: Any) -> dict[str, Any]:
    period = from_code(figure.period)
    return {
        "figure": figure, "period": words.period(period, cumulative=found.is_cumulative) if period else figure.period, "value": rounded(figure.value, found.decimals),
        "tone": STATE_TONES[figure.state] if figure.state != "released" else TONES[figure.status], "state": figure.get_state_display() if figure.state != "released" else figure.get_status_display(),
    }  # fmt: skip


def _history(found: Any, code: str) -> dict[str, Any] | None:
    period = from_code(code)
    figures = reads.history(found, str(period)) if period else []
    return {"period": words.period(period, cumulative=found.is_cumulative), "rows": [_revision(found, f) for f in figures]} if period and figures else None
