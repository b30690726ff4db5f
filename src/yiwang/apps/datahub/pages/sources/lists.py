"""All collection tasks at a glance: last run, volume, delay, trend, what waits to be judged."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.apps.datahub.pages.sources.rows import ICONS, actor_of, source_row
from yiwang.apps.datahub.queries import sources
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door

STATES = ("on", "failing", "paused", "alarm")


@require_GET
@door(sources.VIEW)
def source_list(request: HttpRequest) -> HttpResponse:
    """GET /data/sources/?state=on|failing|paused|alarm&q=&after=: the sources of the reader's bodies."""
    actor, state, text = actor_of(request), request.GET.get("state", ""), request.GET.get("q", "").strip()[:60]
    state = state if state in STATES else ""
    page = page_by_key(sources.listed(actor, state=state, text=text), sort="created_at", cursor=request.GET.get("after", ""), size=30)
    pulls, counts = sources.last_pulls(s.pk for s in page.rows), sources.counts(actor)
    words = {"": _("All"), "on": _("Runs"), "failing": _("Fails"), "paused": _("Paused"), "alarm": _("Alarms to judge")}
    rows = [source_row(s, pulls.get(s.pk, [])) for s in page.rows]
    context: dict[str, object] = {
        "rows": rows, "next": page.next, "previous": page.previous, "state": state, "text": text, "may_edit": actor.may_anywhere(sources.EDIT),
        "states": [(key, word, counts.get(key or "all", 0)) for key, word in words.items()], "query": urlencode({"state": state, "q": text}),
        "kinds": [("folder", _("Folder")), ("sftp", "SFTP"), ("database", _("Database")), ("api", _("HTTP interface"))], "icons": ICONS,
    }  # fmt: skip
    return render(request, "datahub/sources/list.html", context)
