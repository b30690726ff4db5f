"""Evaluation from outside (外评价): the media register, surveys from a file, satisfaction of a period."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.apps.city.pages.common import actor_of, uuid_of
from yiwang.apps.city.queries.judging import outside
from yiwang.apps.city.services.judging import outside as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.identity.queries import organization
from yiwang.kernel.ui.desks.desk import case_url

DAY = {"type": "date"}


def verdict_words() -> dict[str, tuple[str, str]]:
    return {"": (_("not yet looked into"), "soon"), "true": (_("it was so"), "overdue"), "partly": (_("partly so"), "soon"), "untrue": (_("it was not so"), "in_time")}


class MediaForm(forms.Form):
    """A report of the media."""

    source = forms.CharField(label=gettext_lazy("Medium"), max_length=120)
    title = forms.CharField(label=gettext_lazy("Headline"), max_length=200)
    url = forms.CharField(label=gettext_lazy("Web address"), max_length=500, required=False)
    published_on = forms.DateField(label=gettext_lazy("Published on"), widget=forms.DateInput(attrs=DAY))
    area = forms.ChoiceField(label=gettext_lazy("Area"))
    org = forms.ChoiceField(label=pgettext_lazy("organization", "Body"), required=False)
    number = forms.CharField(label=gettext_lazy("Number of the case"), max_length=32, required=False)

    def __init__(self, actor: Actor, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["area"].choices = [(a.code, texts.pick(a.name)) for a in outside.areas_of(actor)]  # type: ignore[attr-defined]
        self.fields["org"].choices = [("", "–"), *((code, texts.pick(name)) for code, name in outside.bodies())]  # type: ignore[attr-defined]


class VerdictForm(forms.Form):
    """Whether it was so."""

    verdict = forms.ChoiceField(label=gettext_lazy("Verdict"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=1000)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["verdict"].choices = [(k, v[0]) for k, v in verdict_words().items() if k]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "POST"])
@door(outside.VIEW, outside.EDIT)
def media_page(request: HttpRequest) -> HttpResponse:
    """GET, POST /city/outside/media/?after=: the register; do=add a report, do=judge one (`media`)."""
    actor, what = actor_of(request), request.POST.get("do", "")
    form = MediaForm(actor, request.POST if what == "add" else None)
    verdict = VerdictForm(request.POST if what == "judge" else None)
    bound: forms.Form = form if what == "add" else verdict
    if request.method == "POST" and bound.is_valid():
        try:
            if what == "add":
                _add(actor, form)
            else:
                found = uuid_of(request.POST.get("media"))
                services.judge_media(actor, found or UUID(int=0), verdict=verdict.cleaned_data["verdict"], reason=verdict.cleaned_data["reason"])
            messages.success(request, _("Kept."))
            return redirect("city:media")
        except ProblemError as problem:
            refuse(bound, problem)
    page = page_by_key(outside.media(actor), sort="published_on", cursor=request.GET.get("after", ""), size=30)
    rows = [
        {
            "uid": str(r.uid), "source": r.source, "title": r.title, "href": r.url, "published_on": r.published_on, "area": texts.pick(r.area.name),
            "org": texts.pick(r.org.name) if r.org else "", "case": r.case.number if r.case else "", "case_url": case_url(r.case) if r.case else "",
            "verdict": verdict_words()[r.verdict][0], "tone": verdict_words()[r.verdict][1], "reason": r.verdict_reason, "open": not r.verdict,
        }
        for r in page.rows
    ]  # fmt: skip
    context: dict[str, object] = {
        "rows": rows, "next": page.next, "previous": page.previous, "form": form, "verdict": verdict, "may_edit": actor.may_anywhere(outside.EDIT),
        "open_rows": [r for r in rows if r["open"]], "chosen": request.POST.get("media", "") or request.GET.get("media", ""),
    }  # fmt: skip
    return render(request, "city/judging/media.html", context, status=422 if bound.errors else 200)


def _add(actor: Actor, form: MediaForm) -> None:
    values = form.cleaned_data
    area = next(a for a in outside.areas_of(actor) if a.code == values["area"])
    case = outside.case_by_number(actor, values["number"])
    if values["number"].strip() and case is None:
        raise BadInput.one("number", "unknown", _("There is no such case, or it does not concern you."))
    services.register_media(
        actor, source=values["source"], title=values["title"], url=values["url"], published_on=values["published_on"], area=area,
        org=organization(values["org"]) if values["org"] else None, case=case,
    )  # fmt: skip


class PeriodForm(forms.Form):
    """A period, and why its counts are corrected."""

    period_from = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs=DAY))
    period_to = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs=DAY))
    reason = forms.CharField(label=gettext_lazy("Reason of a correction"), max_length=500, required=False)


class SurveyForm(PeriodForm):
    """A survey's file."""

    source = forms.CharField(label=gettext_lazy("Who asked"), max_length=200)
    file = forms.FileField(label=gettext_lazy("File (.xlsx or .csv)"))
    field_order = ("source", "period_from", "period_to", "file", "reason")


@never_cache
@require_http_methods(["GET", "POST"])
@door(outside.VIEW, outside.EDIT)
def outside_page(request: HttpRequest) -> HttpResponse:
    """GET, POST /city/outside/?after=: counts by period; do=survey takes in a file, do=satisfaction counts the ratings of a period."""
    actor, what = actor_of(request), request.POST.get("do", "")
    survey = SurveyForm(request.POST, request.FILES) if what == "survey" else SurveyForm()
    period = PeriodForm(request.POST if what == "satisfaction" else None, auto_id="ratings_%s")
    bound: forms.Form = survey if what == "survey" else period
    if request.method == "POST" and bound.is_valid():
        values = bound.cleaned_data
        span = (values["period_from"], values["period_to"])
        try:
            if what == "survey":
                many = services.import_survey(actor, values["file"].read(services.MOST_BYTES + 1), source=values["source"], period=span, reason=values["reason"])
            else:
                many = services.publish_satisfaction(actor, period=span, reason=values["reason"])
            messages.success(request, _("%(count)s lines were kept.") % {"count": many})
            return redirect("city:outside")
        except ProblemError as problem:
            refuse(bound, problem)
    page = page_by_key(outside.figures(actor), sort="period_to", cursor=request.GET.get("after", ""), size=40)
    kinds = {"survey": _("survey"), "satisfaction": _("citizens' ratings")}
    rows = [
        {
            "uid": str(r.uid), "kind": kinds.get(r.kind, r.kind), "from": r.period_from, "to": r.period_to, "area": texts.pick(r.area.name),
            "org": texts.pick(r.org.name) if r.org else "", "numerator": r.numerator, "denominator": r.denominator, "source": r.source, "version": r.version,
            "percent": f"{100 * r.numerator / r.denominator:.1f} %" if r.denominator else "—", "score": r.score, "current": r.is_current, "reason": r.reason,
        }
        for r in page.rows
    ]  # fmt: skip
    context: dict[str, object] = {
        "rows": rows, "next": page.next, "previous": page.previous, "survey": survey, "period": period, "may_edit": actor.may_anywhere(outside.EDIT),
    }
    return render(request, "city/judging/outside.html", context, status=422 if bound.errors else 200)
