"""The acceptance report (验收): figures of the run, the grids and the components; samples drawn by a seed that is shown; PDF."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries.judging import acceptance
from yiwang.apps.city.services.judging import acceptance as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


class SampleForm(forms.Form):
    """How many, and by which seed."""

    size = forms.IntegerField(label=gettext_lazy("How many components"), min_value=1, max_value=2000, required=False)
    seed = forms.CharField(label=gettext_lazy("Seed"), max_length=80, required=False, help_text=gettext_lazy("64 hexadecimal digits; empty: the machine makes one and shows it."))


def _day(text: str, other: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return other
    return found if 2000 <= found.year <= 2999 else other


def _asked(request: HttpRequest) -> tuple[list[Any], Any, date, date, str]:
    areas = acceptance.areas_of(actor_of(request))
    if not areas:
        raise NotFound(what="area")
    today = timezone.localdate()
    area = next((a for a in areas if a.code == request.GET.get("area")), areas[0])
    since, until = _day(request.GET.get("since", ""), today - timedelta(days=90)), _day(request.GET.get("until", ""), today)
    mode = request.GET.get("mode") if request.GET.get("mode") in acceptance.MODES else "trial"
    return areas, area, min(since, until), max(since, until), str(mode)


def share_row(word: str, share: Any) -> dict[str, Any]:
    tone = {True: "in_time", False: "overdue", None: "neutral"}[share.reached]
    return {"word": word, "part": share.part, "whole": share.whole, "percent": services.percent(share), "target": round(100 * share.target), "result": services.verdict(share), "tone": tone}


@never_cache
@require_http_methods(["GET", "POST"])
@door(acceptance.VIEW)
def acceptance_page(request: HttpRequest) -> HttpResponse:
    """GET, POST /city/acceptance/?area=&since=&until=&mode=trial|live: the figures; POST draws a sample of the area."""
    actor = actor_of(request)
    areas, area, since, until, mode = _asked(request)
    form = SampleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.draw_sample(actor, area, seed=form.cleaned_data["seed"], size=form.cleaned_data["size"])
            messages.success(request, _("The sample is drawn."))
            return redirect("city:sample", made.uid)
        except ProblemError as problem:
            refuse(form, problem)
    run, (total, wrong), owned = acceptance.run_of(area, since, until, mode), acceptance.grid_errors(area), acceptance.ownership(area)
    words = services.rule_words()
    context: dict[str, object] = {
        "areas": [(a.code, texts.pick(a.name)) for a in areas], "area": area, "since": since, "until": until, "mode": mode, "modes": list(services.mode_words().items()),
        "counts": [(_("Reported"), run.reported), (_("Filed"), run.filed), (_("Dispatched"), run.dispatched), (_("Handled"), run.handled), (_("Closed"), run.closed)],
        "shares": [share_row(_("Closing rate"), run.closing), share_row(_("On-time closing rate"), run.on_time), share_row(_("Components with a confirmed owner"), owned)],
        "grids": total, "wrong": [(rule, words[rule], number) for rule, number in wrong], "samples": list(acceptance.samples(actor, area)[:10]), "form": form,
        "may_draw": actor.may(acceptance.DRAW, area_path=area.path), "query": urlencode({"area": area.code, "since": since.isoformat(), "until": until.isoformat(), "mode": mode}),
    }  # fmt: skip
    return render(request, "city/judging/acceptance.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@door(acceptance.VIEW)
def acceptance_pdf(request: HttpRequest) -> HttpResponse:
    """GET /city/acceptance/report.pdf?area=&since=&until=&mode=: the report with the last sample of the area."""
    _areas, area, since, until, mode = _asked(request)
    sample = acceptance.samples(actor_of(request), area).first()
    response = HttpResponse(services.print_report(area, since, until, mode, sample), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="acceptance.pdf"'
    return response


@never_cache
@require_GET
@door(acceptance.VIEW)
def sample_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/acceptance/samples/<uid>/: the components in the order of the draw, the seed, and the draw done again."""
    sample = acceptance.sample_for(actor_of(request), uid)
    same, agrees = acceptance.redrawn(sample)
    return render(request, "city/judging/sample.html", {"sample": sample, "rows": acceptance.rows_of(sample), "same": same, "agrees": agrees})
