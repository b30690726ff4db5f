"""The weekly letter: one week beside the one before, who rose and fell, red cards, orders, what is undone."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.pages.leader.common import counted_cards, ranked, red_lines, tabs
from yiwang.apps.city.queries.leader import ranking
from yiwang.apps.city.queries.leader import today as days
from yiwang.apps.city.queries.leader.settings import DESK, chips
from yiwang.apps.city.queries.lists import local_zone
from yiwang.apps.city.services.leader import monday
from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.indicators.contracts import PeriodKind
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.ui.desks.lists import address

FIRST_YEAR = 2000


def _asked(given: str, today: date) -> date:
    """Return the Monday of the week that holds the day asked for; nonsense and what has not begun is this week."""
    try:
        day = parse_date(given[:10])
    except ValueError:
        day = None
    return monday(day if day is not None and day.year >= FIRST_YEAR and day <= today else today)


@never_cache
@require_GET
@door(DESK)
def week_page(request: HttpRequest) -> HttpResponse:
    """GET /city/leader/week/?of=2026-11-16: the week that holds the day."""
    actor, holds = actor_of(request), chips()
    today = now().astimezone(local_zone()).date()
    first = _asked(request.GET.get("of", ""), today)
    found = days.week(actor, first, oldest=holds.oldest)
    period = periods.of_day(PeriodKind.WEEK, first)
    lists = [(name, ranked(ranking.places(actor, scheme, period, minutes=holds.ranking_minutes))) for scheme, name in zip(ranking.SCHEMES, (_("Departments"), _("Districts")), strict=True)]
    base, following = reverse("city:leader_week"), first + timedelta(days=7)
    context: dict[str, object] = {
        "week": found, "tabs": tabs("week"), "late": red_lines(found.late), "running": found.last < first + timedelta(days=6) or today == found.last,
        "counts": counted_cards(found.counts, first, first + timedelta(days=6), labels={"reported": _("Reported"), "filed": _("Filed"), "closed": _("Ended")}),
        "rankings": lists, "cards": [(texts.pick(name), count) for name, count in found.red_cards], "orders": found.orders, "follow_url": reverse("city:leader_follow"),
        "red_url": reverse("city:leader_red"), "earlier": address(base, {"of": (first - timedelta(days=7)).isoformat()}),
        "later": address(base, {"of": following.isoformat()}) if following <= today else "",
    }  # fmt: skip
    return render(request, "city/leader/week.html", context)
