"""Sheets brought in, and new series."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.apps.datahub.errors import SheetRefused
from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.services import economy as services
from yiwang.apps.datahub.services.economy import entering, words
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

TOLD = 200  # cells that are listed


class SheetForm(forms.Form):
    """A sheet and what holds for all of its figures."""

    file = forms.FileField(label=gettext_lazy("Sheet (xlsx or CSV)"))
    area = forms.ChoiceField(label=gettext_lazy("Area, where the sheet has no column for it"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("Status of the figures"), choices=reads.STATUSES)
    released_on = forms.DateField(label=gettext_lazy("Released by the source on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=gettext_lazy("Reason, where known figures change"), max_length=300, required=False)
    sure = forms.BooleanField(label=gettext_lazy("I am sure of the doubtful figures"), required=False)


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.ENTER)
def bring_in(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/economy/bring-in/ file, area, status, released_on, reason, sure; do=look says what would become of it."""
    actor = actor_of(request)
    entered = list(reads.entered(actor))
    mine = {s.area.code: s.area for s in entered}
    form = SheetForm(request.POST or None, request.FILES or None, initial={"released_on": timezone.localdate(now())})
    choices: Any = [("", "–"), *((code, pick(area.name)) for code, area in sorted(mine.items()))]
    form.fields["area"].choices = choices  # type: ignore[attr-defined]
    looked: services.Looked | None = None
    if request.method == "POST" and form.is_valid():
        data, keep = form.cleaned_data, request.POST.get("do") != "look"
        publication = entering.Publication(status=data["status"], released_on=data["released_on"], reason=data["reason"])
        try:
            looked = services.bring_in(actor, data["file"], publication, area=mine.get(data["area"]), sure=data["sure"], keep=keep)
            if keep:
                done = looked.written
                said = _("%(new)s new figures, %(revised)s revised, %(unchanged)s known already; %(waiting)s wait for a second person.")
                messages.success(request, said % {"new": done.new, "revised": done.revised, "unchanged": done.unchanged, "waiting": done.waiting})
                return redirect("datahub:economy")
        except SheetRefused as problem:
            refuse(form, problem)
            looked = services.Looked(refused=problem.cells)
        except ProblemError as problem:
            refuse(form, problem)
    context: dict[str, Any] = {"form": form, "looked": looked, "refused": looked.refused[:TOLD] if looked else [], "doubtful": looked.doubtful[:TOLD] if looked else [], "count": len(entered)}
    return render(request, "datahub/economy/bring_in.html", context, status=422 if form.errors else 200)


class SeriesForm(forms.Form):
    """A new series."""

    code = forms.SlugField(label=gettext_lazy("Code of the series"), max_length=100, help_text=gettext_lazy("a-z, 0-9 and hyphens, like gdp-q-371590"))
    indicator = forms.SlugField(label=gettext_lazy("Code of the indicator"), max_length=60, help_text=gettext_lazy("One that is known is taken as it is."))
    name = forms.CharField(label=gettext_lazy("Name of a new indicator"), max_length=100, required=False)
    name_en = forms.CharField(label=gettext_lazy("Its English name"), max_length=100, required=False)
    theme = forms.ChoiceField(label=gettext_lazy("Theme of a new indicator"), choices=[("", "–"), *reads.THEMES], required=False)
    area = forms.ChoiceField(label=gettext_lazy("Area"))
    org = forms.ChoiceField(label=gettext_lazy("Source body"))
    period_kind = forms.ChoiceField(label=gettext_lazy("Kind of period"), choices=reads.PERIOD_KINDS)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of figure"), choices=reads.KINDS)
    is_cumulative = forms.BooleanField(label=gettext_lazy("Cumulative: from January on"), required=False)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    decimals = forms.IntegerField(label=gettext_lazy("Decimals"), min_value=0, max_value=6, initial=2)
    index_base = forms.ChoiceField(label=gettext_lazy("What an index calls 100"), choices=reads.INDEX_BASES, required=False)
    price = forms.ChoiceField(label=gettext_lazy("Prices"), choices=reads.PRICES, required=False)
    price_year = forms.IntegerField(label=gettext_lazy("Year of constant prices"), min_value=1900, max_value=2199, required=False)
    caliber = forms.CharField(label=gettext_lazy("Caliber: what is counted"), max_length=100, required=False)
    deflator = forms.ChoiceField(label=gettext_lazy("Price index to take prices off"), required=False)
    whole = forms.ChoiceField(label=gettext_lazy("Whole that it is a part of"), required=False)
    grade = forms.TypedChoiceField(label=gettext_lazy("Grade"), choices=reads.GRADES, coerce=int, initial=2)


@never_cache
@require_http_methods(["GET", "POST"])
@door(reads.DEFINE)
def new(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/economy/new/: describe a series."""
    actor = actor_of(request)
    orgs = {o.code: o for o in reads.bodies(actor)}
    places = {a.code: a for a in reads.places(actor)}
    others = {str(s.uid): s for s in reads.series(actor).order_by("code")}
    form = SeriesForm(request.POST or None)
    lists: dict[str, list[tuple[str, str]]] = {
        "area": [(code, f"{pick(a.name)} {code}") for code, a in sorted(places.items())], "org": [(key, pick(o.name)) for key, o in orgs.items()], "unit": [(u, words.unit(u)) for u in words.units()],
        "deflator": [("", "–"), *((u, f"{words.series(s)} · {pick(s.area.name)}") for u, s in others.items() if s.kind == "index")],
        "whole": [("", "–"), *((u, f"{words.series(s)} · {pick(s.area.name)}") for u, s in others.items() if s.kind in ("flow", "stock"))],
    }  # fmt: skip
    for name, choices in lists.items():
        form.fields[name].choices = choices  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        data |= {"area": places[data["area"]], "org": orgs[data["org"]], "deflator": others.get(data["deflator"]), "whole": others.get(data["whole"])}
        data["caliber"] = {"zh-Hans": data["caliber"]} if data["caliber"] else {}
        data["name"] = {"zh-Hans": data["name"], "en": data.pop("name_en") or data["name"]}
        try:
            made = services.define(actor, services.NewSeries(**data))
            messages.success(request, _("The series is there; its first figure can be entered."))
            return redirect("datahub:economy_series", made.uid)
        except ProblemError as problem:
            refuse(form, problem)
    return render(request, "datahub/economy/new.html", {"form": form}, status=422 if form.errors else 200)

