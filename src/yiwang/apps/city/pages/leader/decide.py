"""Decisions as cards: the facts, photos and clock to decide on, two large buttons, a reason by a tap or in words."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yiwang.apps.city.pages.common import actor_of, clean_text
from yiwang.apps.city.pages.leader.common import tabs
from yiwang.apps.city.queries.leader import decisions
from yiwang.apps.city.queries.leader.settings import DESK, chips
from yiwang.apps.city.services import leader as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks import clocks
from yiwang.kernel.ui.desks.desk import case_url, place_of
from yiwang.kernel.ui.desks.files import file_view

LEAVE = (401, 404)


@never_cache
@require_GET
@door(DESK)
def decide_page(request: HttpRequest) -> HttpResponse:
    """GET /city/leader/decide/?after=: what waits for the reader's word, the oldest first."""
    return _page(request)


def _page(request: HttpRequest, wrong: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    actor, holds = actor_of(request), chips()
    rows = decisions.waiting(actor)
    page = page_by_key(rows, sort="opened_at", descending=False, cursor=request.GET.get("after", ""), size=holds.decisions)
    wrong = wrong or {}
    cards = [_card(one, wrong if wrong.get("task") == str(one.task.uid) else {}) for one in decisions.asked(actor, page.rows)]
    shown = {card["uid"] for card in cards}
    context: dict[str, object] = {
        "cards": cards, "tabs": tabs("decide", waiting=rows.count()), "agree": holds.agree, "deny": holds.deny, "next": page.next, "previous": page.previous,
        "gone": wrong.get("problem", "") if wrong and wrong["task"] not in shown else "",
    }  # fmt: skip
    return render(request, "city/leader/decide.html", context, status=status)


def _card(one: decisions.Asked, wrong: dict[str, Any]) -> dict[str, Any]:
    task = one.task
    case = task.case
    return {
        "uid": str(task.uid), "what": texts.pick(task.name), "kind": task.kind, "case": case, "url": case_url(case), "place": place_of(case),
        "asked_by": task.data.get("asked_by_name", ""), "body": texts.pick(one.body), "reason": task.data.get("reason", ""), "until": one.until,
        "times": int(task.data.get("count", 0) or 0) + 1, "opened_at": task.opened_at, "clock": clocks.view(one.clock, until=case.suspended_until),
        "photos": [file_view(f, plain=True) for f in one.photos], "own": one.own, "here": one.here and not one.own, "version": case.version,
        "key": wrong.get("key") or str(uuid7()), "problem": wrong.get("problem", ""), "typed": wrong.get("text", ""), "chosen": wrong.get("reason", ""),
    }  # fmt: skip


@never_cache
@require_POST
@door(DESK)
def decide_one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /city/leader/decide/<uid>/ outcome=agree|deny, agree_reason, deny_reason, text, version, idempotency_key."""
    actor, outcome = actor_of(request), request.POST.get("outcome", "")
    reason, text, key = request.POST.get(f"{outcome}_reason", "")[:40], clean_text(request, "text"), request.POST.get("idempotency_key", "")[:80]
    try:
        services.decide(actor, uid, outcome, reason=reason, text=text, version=texts.whole(request.POST.get("version", "")), key=key)
    except ProblemError as problem:
        if problem.status in LEAVE:
            raise
        # What was refused may be sent again with other words: under another number.
        wrong = {"task": str(uid), "problem": said(problem), "text": text, "reason": reason}
        return _page(request, wrong, status=problem.status if problem.status in (403, 409) else 422)
    messages.success(request, _("Agreed.") if outcome == "agree" else _("Turned down."))
    return redirect(reverse("city:leader_decide"))


def said(problem: ProblemError) -> str:
    """Return a refusal in words."""
    if isinstance(problem, BadInput):
        return " ".join(str(error["message"]) for error in problem.errors)
    return f"{problem.title}: {problem.detail()}" if problem.detail() != str(problem.title) else str(problem.title)
