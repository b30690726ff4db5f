"""Doors of cards: the list with its counts, one card, a new one by hand; explain and withdraw."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases.queries import work
from yiwang.kernel.identity.doors import door
from yiwang.kernel.supervision import services
from yiwang.kernel.supervision.pages.common import actor_of, key_of, links, tabs, try_form
from yiwang.kernel.supervision.pages.forms import CardForm
from yiwang.kernel.supervision.queries import bodies, cards

GIVE = "supervision.card.give"
TONES = {"green": "in_time", "yellow": "soon", "red": "overdue"}
STATE_TONES = {"open": "soon", "answered": "done", "withdrawn": "neutral"}


@require_GET
@door(cards.VIEW, cards.OWN)
def card_list(request: HttpRequest) -> HttpResponse:
    """GET /supervision/cards/?colour=&state=&org=<uid>&rule=&clock=&cursor=: cards, newest first; counts; bodies with most."""
    actor = actor_of(request)
    wanted = {name: request.GET.get(name, "")[:60] for name in cards.FILTERS}
    page = cards.page(actor, wanted, cursor=request.GET.get("cursor", ""))
    base = reverse("supervision:cards")
    rows = [{"card": c, "tone": TONES[c.colour], "state_tone": STATE_TONES[c.state], "url": reverse("supervision:card", args=[c.uid])} for c in page.rows]
    choices = [("", _("All")), ("open", _("Waits for an explanation")), ("answered", _("Explained")), ("withdrawn", _("Withdrawn"))]
    context: dict[str, object] = {
        "rows": rows, "counts": cards.counts(actor), "bodies": cards.by_body(actor), "wanted": wanted, "base": base, **links("supervision:cards", page, **wanted),
        "tabs": tabs(base, "state", wanted["state"], choices, colour=wanted["colour"], org=wanted["org"]), "may_give": actor.may_anywhere(GIVE), "filtered": any(wanted.values()),
    }  # fmt: skip
    return render(request, "supervision/cards.html", context)


@require_GET
@door(cards.VIEW, cards.OWN)
def card_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /supervision/cards/<uid>/: one card, why it was given, what was said of it."""
    actor = actor_of(request)
    card = cards.one(actor, uid)
    context: dict[str, object] = {
        "card": card, "tone": TONES[card.colour], "state_tone": STATE_TONES[card.state], "may_answer": cards.may_answer(actor, card),
        "may_withdraw": card.state != "withdrawn" and actor.may(GIVE, area_path=card.area_path, org_path=card.org_path),
        "case_url": f"/{card.case.app}/cases/{card.case.uid}/" if card.case and work.may_see(actor, card.case) else "",
        "order_url": reverse("supervision:order", args=[card.target.order.uid]) if card.target and actor.may_anywhere("supervision.order.view") else "",
    }  # fmt: skip
    return render(request, "supervision/card.html", context)


@require_http_methods(["GET", "POST"])
@door(GIVE)
def card_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /supervision/cards/new/?case=<uid>: give a card, for a case or to a body."""
    actor = actor_of(request)
    named = (request.POST if request.method == "POST" else request.GET).get("case", "")
    try:
        case = work.case_for(actor, UUID(named)) if named else None
    except ValueError as error:
        raise NotFound(what="case") from error
    form = CardForm(request.POST if request.method == "POST" else None, bodies=bodies.choices(actor, GIVE), has_case=case is not None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        got = try_form(
            request, form,
            lambda: services.give_card(
                actor, case_uid=case.uid if case else None, colour=values["colour"], reason=values["reason"], org_uid=UUID(values["org"]) if values["org"] else None, key=key_of(request),
            ),
            _("The card is given."),
        )  # fmt: skip
        if got is not None:
            return redirect("supervision:card", got.uid)
    return render(request, "supervision/card_new.html", {"form": form, "case": case}, status=422 if form.errors else 200)


@require_POST
@door(cards.VIEW, cards.OWN)
def card_answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /supervision/cards/<uid>/answer/ text=: explain it."""
    services.answer_card(actor_of(request), uid, request.POST.get("text", ""), key=key_of(request))
    messages.success(request, _("The explanation is kept."))
    return redirect("supervision:card", uid)


@require_POST
@door(GIVE)
def card_withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /supervision/cards/<uid>/withdraw/ reason=: take it back; it no longer counts."""
    services.withdraw_card(actor_of(request), uid, request.POST.get("reason", ""), key=key_of(request))
    messages.success(request, _("The card is withdrawn."))
    return redirect("supervision:card", uid)
