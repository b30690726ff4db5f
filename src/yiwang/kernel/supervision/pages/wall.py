"""The wall: who has owed us what, for how long; and the things behind each line."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.supervision.pages.common import actor_of, links, tabs
from yiwang.kernel.supervision.queries import cards, red, wall

WAYS = ("body", "person")


@require_GET
@door(red.WALL)
def wall_page(request: HttpRequest) -> HttpResponse:
    """GET /supervision/wall/?by=body|person&cursor=: debts, the oldest first, with a chart of those with most."""
    actor, by = actor_of(request), request.GET.get("by", "body")
    by = by if by in WAYS else "body"
    found = wall.wall(actor, by=by, cursor=request.GET.get("cursor", ""))
    base = reverse("supervision:wall")
    owed = reverse("supervision:owed")
    rows = [
        {"debt": d, "url": f"{owed}?{urlencode({'who': d.key, 'by': by, 'kind': 'late' if d.late else 'orders' if d.orders or d.notes else 'helps'})}", "seconds": d.worked_minutes * 60}
        for d in found.rows
    ]  # fmt: skip
    context: dict[str, object] = {
        "found": found, "rows": rows, "by": by, "chart": _chart(found.longest) if found.longest else None, "cards": cards.counts(actor) if actor.may_anywhere(cards.VIEW) else None,
        "tabs": tabs(base, "by", by, [("body", _("By body")), ("person", _("By person"))]),
        "next_url": f"{base}?{urlencode({'by': by, 'cursor': found.next})}" if found.next else "", "first_url": f"{base}?{urlencode({'by': by})}" if not found.is_first else "",
        "cards_url": reverse("supervision:cards"), "orders_url": reverse("supervision:orders") if actor.may_anywhere("supervision.order.view") else "",
    }  # fmt: skip
    return render(request, "supervision/wall.html", context)


def _chart(rows: list[wall.Debt]) -> dict[str, Any]:
    return {
        "type": "stack", "title": _("Who owes most"), "unit": _("things"), "x_label": _("Body or person"), "x": [d.name for d in rows],
        "series": [
            {"name": _("Overdue tasks"), "values": [d.late for d in rows], "tone": "overdue"}, {"name": pgettext("supervision", "Orders"), "values": [d.orders for d in rows], "tone": "soon"},
            {"name": pgettext("supervision", "Notes"), "values": [d.notes for d in rows], "tone": "paused"}, {"name": pgettext("supervision", "Help"), "values": [d.helps for d in rows], "tone": "done"},
        ],
    }  # fmt: skip


@require_GET
@door(red.WALL)
def owed_page(request: HttpRequest) -> HttpResponse:
    """GET /supervision/wall/owed/?who=org:<uid>&by=body&kind=late|orders|helps&cursor=: what one of them owes, the oldest first."""
    actor, who, kind, by = actor_of(request), request.GET.get("who", "")[:120], request.GET.get("kind", "late"), request.GET.get("by", "body")
    kind, by = kind if kind in wall.KINDS else "late", by if by in WAYS else "body"
    whole = wall.wall(actor, by=by, size=100_000)
    debt = next((d for d in whole.rows if d.key == who), None)
    if debt is None:
        raise NotFound(what="debt")  # nothing is owed there that the reader may see
    page = wall.owed(actor, who, kind, cursor=request.GET.get("cursor", ""))
    base = reverse("supervision:owed")
    context: dict[str, object] = {
        "debt": debt, "name": wall.name_of(who, whole.rows), "rows": page.rows, "kind": kind, **links("supervision:owed", page, who=who, by=by, kind=kind),
        "wall_url": f"{reverse('supervision:wall')}?{urlencode({'by': by})}",
        "tabs": tabs(
            base, "kind", kind,
            [("late", f"{_('Overdue tasks')} {debt.late}"), ("orders", f"{_('Orders and notes')} {debt.orders + debt.notes}"), ("helps", f"{_('Help asked for')} {debt.helps}")],
            who=who, by=by,
        ),
    }  # fmt: skip
    return render(request, "supervision/owed.html", context)
