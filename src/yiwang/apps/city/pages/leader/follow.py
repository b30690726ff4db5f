"""What I ordered: late, answered, waiting, settled; urge in one tap; one order with its voice message and its replies."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.city.pages.common import actor_of, clean_text, uuid_of
from yiwang.apps.city.pages.leader.common import tabs
from yiwang.apps.city.pages.leader.decide import LEAVE, said
from yiwang.apps.city.queries.leader import follow
from yiwang.apps.city.queries.leader.settings import DESK
from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.files import queries as files
from yiwang.kernel.identity.doors import door
from yiwang.kernel.supervision import services as supervision
from yiwang.kernel.supervision.queries import orders
from yiwang.kernel.ui.contracts import Link
from yiwang.kernel.ui.desks.desk import case_url
from yiwang.kernel.ui.desks.files import file_view
from yiwang.kernel.ui.desks.lists import address

TONES = {"waiting": "in_time", "replied": "soon", "accepted": "done", "lapsed": "done", "withdrawn": "done"}


@never_cache
@require_GET
@door(DESK)
def follow_page(request: HttpRequest) -> HttpResponse:
    """GET /city/leader/follow/?tab=late|answered|waiting|settled: the parts of my orders, and the cards that I gave."""
    actor, tab = actor_of(request), request.GET.get("tab", "")
    tab = tab if tab in follow.TABS else ""
    counts, base = follow.tab_counts(actor), reverse("city:leader_follow")
    words = {
        "late": pgettext("leader", "Late"), "answered": pgettext("leader", "Answered"), "waiting": pgettext("leader", "Waiting"), "settled": pgettext("leader", "Settled"),
    }  # fmt: skip
    filters = [Link(label=pgettext("leader", "All open"), url=base, current=not tab)]
    filters += [Link(label=words[t], url=address(base, {"tab": t}), current=tab == t, count=counts[t]) for t in follow.TABS]
    context: dict[str, object] = {
        "tabs": tabs("follow", answers=counts["answered"]), "filters": filters, "parts": [part_row(p) for p in follow.parts(actor, tab)], "tab": tab,
        "cards": [_card(c) for c in follow.own_cards(actor)] if not tab else [],
    }  # fmt: skip
    return render(request, "city/leader/follow.html", context)


def part_row(part: Any) -> dict[str, Any]:
    """Return one part of an order: who answers, until when, what was said."""
    replies = list(part.replies.all())
    late = part.state == "waiting" and part.due_at is not None and part.due_at < now()
    return {
        "uid": str(part.uid), "url": reverse("city:leader_order", args=[part.order.uid]), "number": part.order.number, "title": part.order.title,
        "who": texts.pick(part.org_name) or part.account_name, "due_at": part.due_at, "asked_at": part.asked_at, "late": late, "state": part.state,
        "word": _("Overdue") if late else part.get_state_display(), "tone": "overdue" if late else TONES.get(part.state, "neutral"),
        "urged": part.urge_count, "urged_at": part.urged_at, "reply": replies[-1] if replies else None, "replies": replies, "waits": part.state == "waiting",
        "replied": part.state == "replied", "key": str(uuid7()), "case_url": case_url(part.case) if part.case else "", "is_note": part.order.form == "note",
    }  # fmt: skip


def _card(card: Any) -> dict[str, Any]:
    return {
        "colour": card.get_colour_display(), "tone": "overdue" if card.colour == "red" else "soon", "who": texts.pick(card.org_name) or card.account_name,
        "reason": card.reason, "given_at": card.given_at, "answer": card.answer, "answered_at": card.answered_at, "answered_by": card.answered_by_name,
        "title": card.case.title if card.case else "", "url": case_url(card.case) if card.case else "", "state": card.get_state_display(),
    }  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@door(DESK)
def order_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/leader/orders/<uid>/: the paper with its replies. POST do=urge|accept|back, part, text, idempotency_key."""
    actor = actor_of(request)
    made = orders.one(actor, uid)
    problem, status = "", 200
    if request.method == "POST":
        try:
            _do(request, made)
            return redirect(request.POST["next"] if request.POST.get("next") == reverse("city:leader_follow") else reverse("city:leader_order", args=[uid]))
        except ProblemError as refused:
            if refused.status in LEAVE:
                raise
            problem, status = said(refused), refused.status if refused.status in (403, 409) else 422
    parts = orders.shown_targets(actor, made)
    kept = list(files.of_subject("supervision_order", made.uid))
    asked = {u for p in parts for r in p.replies.all() for u in r.files}
    context: dict[str, object] = {
        "order": made, "parts": [part_row(p) for p in parts], "tabs": tabs("follow"), "problem": problem, "typed": clean_text(request, "text") if problem else "",
        "sounds": [file_view(f) for f in kept if f.kind == "audio" and str(f.uid) not in asked], "files": [file_view(f) for f in kept if f.kind != "audio"],
        "may_check": orders.may_check(actor, made), "may_urge": orders.may_urge(actor, made),
    }  # fmt: skip
    return render(request, "city/leader/order.html", context, status=status)


def _do(request: HttpRequest, made: Any) -> None:
    actor, what, key = actor_of(request), request.POST.get("do", ""), request.POST.get("idempotency_key", "")[:80]
    part = uuid_of(request.POST.get("part", ""))
    if part is None or part not in {t.uid for t in made.targets.all()}:
        raise BadInput.one("part", "unknown", _("This is not a part of the order."))
    if what == "urge":
        count = supervision.urge(actor, part, key=key)
        messages.success(request, _("Urged, the %(count)s. time.") % {"count": count})
    elif what in ("accept", "back"):
        supervision.judge(actor, part, accept=what == "accept", reason=clean_text(request, "text", 1000), key=key)
        messages.success(request, _("Accepted.") if what == "accept" else _("Sent back to be answered again."))
    else:
        raise BadInput.one("do", "choice", _("Choose one from the list."))
