"""Doors of working calendars: which there are, the marked days of a year, marking a day."""

from datetime import date

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.worktime import queries, services
from yiwang.kernel.worktime.contracts import DayKind

EDIT = services.EDIT
KINDS = [(DayKind.HOLIDAY.value, gettext_lazy("Holiday")), (DayKind.WORKDAY.value, gettext_lazy("Working day"))]


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


class MarkForm(forms.Form):
    """One day and what it is."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=KINDS)
    note = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    source = forms.CharField(label=gettext_lazy("Document it rests on"), max_length=200, required=False)


class ConfirmForm(forms.Form):
    """The document that says a year's holidays."""

    source = forms.CharField(label=gettext_lazy("Document it rests on"), max_length=200)


@require_GET
@door(EDIT)
def calendars(request: HttpRequest) -> HttpResponse:
    """GET /calendars/: every working calendar."""
    year = now().year
    rows = [
        {"code": c.code, "name": pick(c.name) or c.code, "zone": c.zone, "known_years": c.known_years, "year": year}
        for c in queries.calendars()
    ]
    return render(request, "worktime/calendars.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@door(EDIT)
def year(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """GET /calendars/<code>/<year>/: its marked days; POST marks one more."""
    if not 1990 <= year <= 2199:
        raise Http404
    calendar = queries.calendar(code)
    form = MarkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.mark_day(
                actor=_actor(request), calendar_code=code, day=given["day"], kind=given["kind"], note=given["note"], source=given["source"]
            )
            return redirect("worktime:year", code, given["day"].year)
        except BadInput as problem:
            for error in problem.errors:
                form.add_error(error["field"] if error["field"] in form.fields else None, error["message"])
    context: dict[str, object] = {
        "code": code, "name": _name(code), "year": year, "form": form, "confirm": ConfirmForm(prefix="confirm"), "is_known": year in calendar.known_years,
        "marks": queries.marks(code, year), "months": queries.months(calendar, year), "before": year - 1, "after": year + 1,
        "days": sum(m.days for m in queries.months(calendar, year)),
    }  # fmt: skip
    return render(request, "worktime/year.html", context, status=422 if form.errors else 200)


def _name(code: str) -> str:
    return pick(queries.calendars().filter(code=code).values_list("name", flat=True).first()) or code


@require_POST
@door(EDIT)
def unmark(request: HttpRequest, code: str) -> HttpResponse:
    """POST /calendars/<code>/unmark/: let the weekday decide a day again."""
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError as error:
        raise BadInput.one("day", "day", _("Choose a day.")) from error
    services.unmark_day(actor=_actor(request), calendar_code=code, day=day)
    return redirect("worktime:year", code, day.year)


@require_POST
@door(EDIT)
def confirm(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """POST /calendars/<code>/<year>/confirm/: the year's holidays are complete."""
    form = ConfirmForm(request.POST, prefix="confirm")
    if not form.is_valid():
        raise BadInput.one("source", "missing", _("Name the document that says the holidays of this year."))
    if not 1990 <= year <= 2199:
        raise Http404
    services.confirm_year(actor=_actor(request), calendar_code=code, year=year, source=form.cleaned_data["source"])
    return redirect("worktime:year", code, year)
