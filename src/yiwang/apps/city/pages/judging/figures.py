"""The figures by which work is judged (评价参数): what holds, how to change it, and what held before."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries.judging import settings as queries
from yiwang.apps.city.rules.judging.settings import is_share
from yiwang.apps.city.services.judging import settings as services
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.notices.reminding import OUTSIDE


def subjects() -> dict[str, tuple[str, dict[str, str]]]:
    """Return {subject: (its name, {figure: its name})}; what else a subject holds (words, steps) is data of the installation."""
    return {
        "blind": (_("Double-blind checks"), {
            "second_share": _("Share of closed cases that are checked again"), "second_hours": _("Hours until a second check is done"),
            "on_shift_first": _("Who is on shift is drawn first"),
        }),
        "missed": (_("Missed reports"), {
            "hours": _("A report asks of patrols so many hours before"), "objection_days": _("Days in which an inspector may object"),
        }),
        "contract": (_("Contracts"), {"cap_share": _("Deductions take at most this share of a month")}),
        "acceptance": (_("Acceptance report"), {
            "closing": _("Share closed that a trial run has to reach"), "on_time": _("Share closed in time that it has to reach"), "ownership": _("Share of confirmed owners that it has to reach"),
            "grid_errors": _("Errors of grids that are allowed"), "sample_size": _("Components looked at on site"),
            "grid_min_m2": _("Smallest unit grid in square metres"), "grid_max_m2": _("Largest unit grid in square metres"),
        }),
        "emergency": (_("Emergencies"), {"channels": _("Messages of an emergency also go by")}),
        "leader": (_("Leader's desk"), {
            "decisions": _("Decisions on a page"), "oldest": _("Red lines on today's page"), "ranking_minutes": _("Minutes for which a ranking is kept"),
        }),
    }  # fmt: skip


def form_of(code: str, data: Any = None) -> forms.Form:
    """Make the form of a subject from what its figures are now."""
    held, form = queries.values(code), forms.Form(data)
    for name, word in subjects()[code][1].items():
        value: Any = held[name]
        field: forms.Field
        if isinstance(value, bool):
            field = forms.BooleanField(label=word, required=False, initial=value)
        elif isinstance(value, list):
            field = forms.MultipleChoiceField(label=word, required=False, initial=value, widget=forms.CheckboxSelectMultiple, choices=[(c.value, c.label) for c in OUTSIDE])
        elif isinstance(value, float) or is_share(name, value):
            field = forms.FloatField(label=word, initial=value, min_value=0, max_value=1 if is_share(name, value) else None)
        else:
            field = forms.IntegerField(label=word, initial=value, min_value=0)
        form.fields[name] = field
    return form


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.SETTLE)
def figures_page(request: HttpRequest, code: str = "blind") -> HttpResponse:
    """GET, POST /city/figures/<subject>/: the figures that hold; what is sent becomes their next version."""
    known = subjects()
    if code not in known:
        raise NotFound(what="subject")
    form = form_of(code, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(actor_of(request), code, form.cleaned_data)
            messages.success(request, _("Kept as a new version; it holds from now on."))
            return redirect("city:figures", code=code)
        except ProblemError as problem:
            refuse(form, problem)
    words = known[code][1]
    rows = [{"number": v.number, "by": v.made_by_name, "at": v.made_at, "told": [(word, _said(v.values.get(name))) for name, word in words.items() if name in v.values]} for v in queries.versions(code)]
    tabs = [{"code": c, "name": name, "current": c == code} for c, (name, _words) in known.items()]
    context: dict[str, object] = {"form": form, "rows": rows, "tabs": tabs, "name": known[code][0], "may_change": queries.may_change(actor_of(request))}
    return render(request, "city/judging/figures.html", context, status=422 if form.errors else 200)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return pgettext("figure", "yes") if value else pgettext("figure", "no")
    if isinstance(value, list):
        labels = {c.value: str(c.label) for c in OUTSIDE}
        return "、".join(labels.get(str(v), str(v)) for v in value) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value)
