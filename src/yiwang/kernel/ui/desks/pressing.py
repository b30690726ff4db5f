"""Supervision on a case page (督办、黄牌、红牌): its orders and cards, and what the reader may add."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.supervision.queries import cards, orders

CARD_TONES = {"green": "in_time", "yellow": "soon", "red": "overdue"}
PART_TONES = {"waiting": "soon", "replied": "accent", "accepted": "done"}


def of_case(actor: Actor, case: Any) -> dict[str, Any]:
    """Return the case's cards and orders that concern the reader, and the addresses of new ones; at most two queries."""
    named = urlencode({"case": str(case.uid)})
    may_order = case.is_open and actor.may(orders.GIVE, area_path=case.area_path)
    may_note = case.is_open and actor.may("supervision.note.give", area_path=case.area_path)
    return {
        "case_cards": [
            {"card": c, "tone": "neutral" if c.state == "withdrawn" else CARD_TONES[c.colour], "url": reverse("supervision:card", args=[c.uid])} for c in cards.of_case(actor, case)
        ],
        "case_orders": [
            {"part": p, "tone": PART_TONES.get(p.state, "neutral"), "url": reverse("supervision:order", args=[p.order.uid])} for p in orders.of_case(actor, case)
        ],
        "order_url": f"{reverse('supervision:order_new')}?{named}" if may_order else "",
        "note_url": f"{reverse('supervision:order_new')}?{named}&form=note" if may_note else "",
        "card_url": f"{reverse('supervision:card_new')}?{named}" if actor.may("supervision.card.give", area_path=case.area_path, org_path=case.org_path) else "",
    }  # fmt: skip
