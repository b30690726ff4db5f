"""Today on one page: what is red first, the day's counts, what waits for a decision, who fell; and all that is red."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.pages.leader.common import counted_cards, ranked, red_lines, tabs
from yiwang.apps.city.queries.leader import ranking
from yiwang.apps.city.queries.leader import today as days
from yiwang.apps.city.queries.leader.settings import DESK, chips
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.indicators.contracts import PeriodKind
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.supervision.queries import red as reds
from yiwang.kernel.ui.desks.lists import address

MOST_RED = 100


@never_cache
@require_GET
@door(DESK)
def today_page(request: HttpRequest) -> HttpResponse:
    """GET /city/leader/: the day of the leader's area; every number opens."""
    actor, holds = actor_of(request), chips()
    found = days.today(actor, oldest=holds.oldest)
    month = periods.of_day(PeriodKind.MONTH, found.day)
    places = ranking.places(actor, ranking.SCHEMES[0], month, minutes=holds.ranking_minutes)
    red_url = reverse("city:leader_red")
    context: dict[str, object] = {
        "today": found, "tabs": tabs("today", waiting=found.waiting, answers=found.answers), "late": red_lines(found.late), "red_url": red_url,
        "reds": [
            {"label": _("Overdue cases"), "value": found.overdue, "url": address(reverse("city:cases"), {"overdue": "1"})},
            {"label": _("Red cards"), "value": found.red.red_cards, "url": address(red_url, {"kind": "card"})},
            {"label": _("Orders not answered"), "value": found.red.orders + found.red.notes, "url": address(red_url, {"kind": "order"})},
        ],
        "counts": counted_cards(found.counts, found.day, found.day, labels={"reported": _("Reported today"), "filed": _("Filed today"), "closed": _("Ended today")}),
        "fallen": ranked(ranking.fallen(places)), "has_ranking": bool(places),
        "decide_url": reverse("city:leader_decide"), "answers_url": address(reverse("city:leader_follow"), {"tab": "answered"}),
    }  # fmt: skip
    return render(request, "city/leader/today.html", context)


@never_cache
@require_GET
@door(DESK)
def red_page(request: HttpRequest) -> HttpResponse:
    """GET /city/leader/red/?kind=task|order|card: what is red, the oldest first, at most a hundred of each."""
    actor, kind = actor_of(request), request.GET.get("kind", "")
    red = reds.red(actor, size=MOST_RED)
    found = days.late(actor, red.lines, oldest=2 * MOST_RED)
    kinds = {"task": ("task",), "order": ("order", "note"), "card": ("card",)}
    if kind in kinds:
        found = [one for one in found if one.line.kind in kinds[kind]]
    base = reverse("city:leader_red")
    filters = [
        (_("All"), base, kind not in kinds), (_("Overdue work"), address(base, {"kind": "task"}), kind == "task"),
        (_("Orders and notes"), address(base, {"kind": "order"}), kind == "order"), (_("Red cards"), address(base, {"kind": "card"}), kind == "card"),
    ]  # fmt: skip
    return render(request, "city/leader/red.html", {"tabs": tabs("today"), "late": red_lines(found), "red": red, "filters": filters, "most": MOST_RED, "kind": kind})
