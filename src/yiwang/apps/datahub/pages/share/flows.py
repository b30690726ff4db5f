"""Who gives what to whom, the figures of the catalogue, its three lists, and the catalogue as a file upward and back."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.share.common import actor_of
from yiwang.apps.datahub.queries.share import catalogue, flows
from yiwang.apps.datahub.rules.share.flows import draw
from yiwang.apps.datahub.services.share import upward
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


class FileForm(forms.Form):
    """A catalogue to take in."""

    file = forms.FileField(label=gettext_lazy("Catalogue as xlsx or JSON"))


@never_cache
@require_http_methods(["GET", "POST"])
@door(catalogue.VIEW)
def flows_page(request: HttpRequest) -> HttpResponse:
    """GET /data/sharing/flows/; POST a catalogue's file."""
    actor, told = actor_of(request), None
    form = FileForm(request.POST or None, request.FILES or None) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data["file"]
            if not actor.may_anywhere(catalogue.EDIT):
                actor.require(catalogue.EDIT)
            told = upward.take_in(actor, upward.read(given.name, given.read(upward.MOST_BYTES + 1)))
        except ProblemError as problem:
            refuse(form, problem)
    streams = flows.streams(actor)
    lists = flows.three_lists(actor)
    words = {"mounted": _("with rows or a layer"), "on_time": _("brought in time"), "used": _("in use by another bureau"), "satisfied": _("requests met")}
    context: dict[str, object] = {
        "drawing": draw([(s["giver"], s["getter"], s["many"]) for s in streams]) if streams else None, "drawing_title": _("Who gives what to whom"), "streams": streams,
        "figures": [{"word": words[f.code], "percent": f.percent, "numerator": f.numerator, "denominator": f.denominator} for f in flows.figures(actor)],
        "demand": [{"name": texts.pick(r["dataset__name"]), "org": texts.pick(r["dataset__org__name"]), "asked": r["asked"], "met": r["met"],
                    "url": reverse("datahub:entry", args=[r["dataset__code"]])} for r in lists["demand"]],
        "responsibility": [{"org": texts.pick(r["org__name"]), "many": r["many"], "mounted": r["mounted"], "open": r["open"]} for r in lists["responsibility"]],
        "negative": [{"name": texts.pick(d.name), "org": texts.pick(d.org.name), "law": d.sharing_reason, "url": reverse("datahub:entry", args=[d.code])} for d in lists["negative"]],
        "form": form, "told": told, "may_edit": actor.may_anywhere(catalogue.EDIT),
    }  # fmt: skip
    return render(request, "datahub/share/flows.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@door(catalogue.VIEW)
def export(request: HttpRequest, format: str) -> HttpResponse:
    """GET /data/sharing/catalogue.xlsx and .json: the published catalogue that the reader sees, marked and on record."""
    if format not in ("xlsx", "json"):
        raise NotFound(what="format")
    made = upward.export(actor_of(request), format, {})
    answer = HttpResponse(made.content, content_type=made.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer
