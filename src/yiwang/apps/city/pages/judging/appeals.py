"""Appeals (申诉): what was contested by whom, and what became of each count."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries.judging import appeals
from yiwang.kernel.base import texts
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks.desk import case_url

STATES = ("open", "accepted", "denied")
FILTER = {"open": {"accepted__isnull": True}, "accepted": {"accepted": True}, "denied": {"accepted": False}}


def appeal_row(row: Any, case: Any) -> dict[str, Any]:
    """Return one contested count for a table."""
    word, tone = appeals.state_words()[appeals.state_of(row)]
    return {
        "uid": str(case.uid), "url": case_url(case), "number": case.number or "", "title": case.title, "body": texts.pick(row.org.name),
        "contests": texts.pick(appeals.words(case).get(row.contests, row.contests)), "key": row.contests, "reason": row.reason, "asked_at": row.asked_at,
        "state": word, "tone": tone, "decided_at": row.decided_at, "decided_by": row.decided_by_name, "answer": row.answer, "closed_at": case.closed_at,
    }  # fmt: skip


@never_cache
@require_GET
@door(appeals.ASK, *appeals.SEES_ALL)
def appeals_page(request: HttpRequest) -> HttpResponse:
    """GET /city/appeals/?state=open|accepted|denied&after=: of the reader's bodies, or of the area in which he judges."""
    actor, state = actor_of(request), request.GET.get("state", "")
    rows = appeals.visible_to(actor)
    if state in STATES:
        rows = rows.filter(**FILTER[state])
    page = page_by_key(rows, sort="asked_at", cursor=request.GET.get("after", ""), size=30)
    context: dict[str, object] = {
        "rows": [appeal_row(row, row.case) for row in page.rows], "next": page.next, "previous": page.previous, "state": state,
        "states": [("", ""), *((s, appeals.state_words()[s][0]) for s in STATES)],
    }  # fmt: skip
    return render(request, "city/judging/appeals.html", context)
