"""The auditor's list of people of public life whose readings are named to him one by one (公众人物查阅监测)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from yiwang.apps.datahub.pages.rights.forms import WatchForm
from yiwang.apps.datahub.pages.rights.mine import actor_of
from yiwang.apps.datahub.queries.rights import watched as queries
from yiwang.apps.datahub.services.rights import watched as services
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.KEEP)
def watched(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/watched/ name, id_number, phone, label, until: people of public life, by the auditor's own words for them."""
    actor = actor_of(request)
    form = WatchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.watch_person(actor, **form.cleaned_data)
        except ProblemError as problem:
            refuse(form, problem)
        else:
            messages.success(request, _("Each reading of this person's records is named to you from now on."))
            return redirect("datahub:watched")
    page = page_by_key(queries.people(actor), sort="id", descending=True, cursor=request.GET.get("after", ""), size=40)
    context: dict[str, object] = {
        "rows": [(row, queries.is_over(row)) for row in page.rows], "next": page.next, "previous": page.previous, "form": form, "known": queries.known_of_readers(),
    }  # fmt: skip
    return render(request, "datahub/rights/watched.html", context, status=422 if form.errors else 200)


@require_POST
@door(queries.KEEP)
def unwatch(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /data/watched/<uid>/: take an entry off the list."""
    services.unwatch_person(actor_of(request), uid)
    messages.success(request, _("Taken off the list."))
    return redirect("datahub:watched")
