"""Series by theme and area, and figures that wait for a second person."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.rules.economy.measures import YOY, measure, rounded
from yiwang.apps.datahub.rules.economy.periods import from_code
from yiwang.apps.datahub.services import economy as services
from yiwang.apps.datahub.services.economy import words
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

SIZE = 40


@never_cache
@require_GET
@door(reads.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """GET /data/economy/?theme=&area=&q=&after=: series with their newest figure and its change over a year."""
    actor = actor_of(request)
    asked = {name: request.GET.get(name, "").replace("\0", "")[:60] for name in ("theme", "area", "q")}
    rows, areas = reads.series(actor), reads.areas(actor)
    if asked["theme"] in dict(reads.THEMES):
        rows = rows.filter(indicator__theme=asked["theme"])
    if asked["area"]:
        rows = rows.filter(area__code=asked["area"])
    if asked["q"]:
        rows = rows.filter(Q(indicator__name__icontains=asked["q"]) | Q(code__icontains=asked["q"]))
    page = page_by_key(rows, sort="code", descending=False, cursor=request.GET.get("after", ""), size=SIZE)
    given, told = reads.given(page.rows)
    context: dict[str, Any] = {
        "rows": [_row(s, given[s.pk], told[s.pk]) for s in page.rows], "next": page.next, "previous": page.previous, "asked": asked, "kept": urlencode({k: v for k, v in asked.items() if v}),
        "themes": reads.THEMES, "areas": [(a.code, pick(a.name)) for a in areas], "may_enter": actor.may_anywhere(reads.ENTER), "may_define": actor.may_anywhere(reads.DEFINE),
        "may_release": actor.may_anywhere(reads.RELEASE), "waiting": reads.waiting(actor).count() if actor.may_anywhere(reads.RELEASE) else 0,
    }  # fmt: skip
    return render(request, "datahub/economy/list.html", context)


def _row(series: Any, given: Any, told: Any) -> dict[str, Any]:
    last = max(told, default=None)
    change = rounded(measure(YOY, given).get(last), 1) if last else None
    return {
        "uid": str(series.uid), "series": series, "name": words.series(series), "unit": words.unit(series.unit), "area": pick(series.area.name), "theme": series.indicator.get_theme_display(),
        "period": words.period(last, cumulative=series.is_cumulative) if last else "", "value": rounded(told[last].value, series.decimals) if last else None,
        "status": told[last].status if last else "", "change": change, "change_unit": words.measure_unit(YOY, series), "count": len(told),
    }  # fmt: skip


class DecideForm(forms.Form):
    """The second person's decision."""

    said = forms.CharField(label=gettext_lazy("Why it is not released"), max_length=300, required=False)


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.RELEASE)
def waiting(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/economy/waiting/?after= figure=, do=release|reject, said=: figures that a second person releases."""
    actor = actor_of(request)
    form = DecideForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.decide(actor, _uid(request.POST.get("figure", "")), release=request.POST.get("do") == "release", said=form.cleaned_data["said"])
            messages.success(request, _("Decided."))
            return redirect("datahub:economy_waiting")
        except ProblemError as problem:
            refuse(form, problem)
    page = page_by_key(reads.waiting(actor), cursor=request.GET.get("after", ""), size=SIZE)
    known = reads.known({f.series_id for f in page.rows})
    rows = []
    for figure in page.rows:
        period = from_code(figure.period)
        before = known[figure.series_id].get(period) if period else None
        rows.append({
            "uid": str(figure.uid), "figure": figure, "name": words.series(figure.series), "area": pick(figure.series.area.name), "unit": words.unit(figure.series.unit),
            "period": words.period(period, cumulative=figure.series.is_cumulative) if period else figure.period, "value": rounded(figure.value, figure.series.decimals),
            "before": rounded(before.value, figure.series.decimals) if before else None, "own": figure.made_by_id == actor.account_id,
        })  # fmt: skip
    context = {"rows": rows, "next": page.next, "previous": page.previous, "form": form}
    return render(request, "datahub/economy/waiting.html", context, status=422 if form.errors else 200)


def _uid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
