"""Doors that cross apps: search everything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from yiwang.kernel.base import rates
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.queries.search import MOST_TEXT, find
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks import states
from yiwang.kernel.ui.desks.desk import case_url, place_of

MOST = 50


@require_GET
@door(signed_in=True, limit=rates.SEARCH)
def search(request: HttpRequest) -> HttpResponse:
    """GET /search/?q=: cases of every app by number, address and words; a whole number goes straight to its case."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    words = request.GET.get("q", "").replace("\0", "").strip()[:MOST_TEXT]
    found = find(actor, words, MOST + 1)
    if len(found) == 1 and found[0].number == words:
        return redirect(case_url(found[0]))
    rows = [
        {"url": case_url(c), "number": c.number or "", "title": c.title, "chip": states.chip(c, configs.of_version(c.matter_version_id)),
         "place": place_of(c), "reported_at": c.reported_at}
        for c in found[:MOST]
    ]  # fmt: skip
    return render(request, "ui/desks/search.html", {"words": words, "rows": rows, "more": len(found) > MOST})
