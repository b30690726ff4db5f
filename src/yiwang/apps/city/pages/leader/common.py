"""What the leader's pages share: their tabs, links that open numbers, lines of what is red."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from yiwang.apps.city.queries.leader.today import Late
from yiwang.kernel.base import texts
from yiwang.kernel.ui.contracts import Link
from yiwang.kernel.ui.desks.lists import address
from yiwang.kernel.ui.shell import first_url


def tabs(current: str, *, waiting: int | None = None, answers: int | None = None) -> list[Link]:
    """Return the five pages as tabs."""
    return [
        Link(label=pgettext("leader", "Today"), url=reverse("city:leader"), current=current == "today", icon="layout-dashboard"),
        Link(label=pgettext("leader", "Decide"), url=reverse("city:leader_decide"), current=current == "decide", icon="rubber-stamp", count=waiting or None),
        Link(label=pgettext("leader", "Press"), url=reverse("city:leader_press"), current=current == "press", icon="flag"),
        Link(label=pgettext("leader", "Follow up"), url=reverse("city:leader_follow"), current=current == "follow", icon="list-check", count=answers or None),
        Link(label=pgettext("leader", "The week"), url=reverse("city:leader_week"), current=current == "week", icon="mail"),
    ]


def kind_words() -> dict[str, str]:
    return {
        "task": pgettext("leader", "Overdue work"), "order": pgettext("leader", "Order not answered"), "note": pgettext("leader", "Note not answered"),
        "card": _("Red card"),
    }  # fmt: skip


def red_lines(found: Iterable[Late]) -> list[dict[str, Any]]:
    """Return red lines for the template: what, whose, how long over, its page, and the address that presses it."""
    words, press = kind_words(), reverse("city:leader_press")
    made = []
    for one in found:
        line = one.line
        to_press = {"case": str(line.case_uid)} if line.case_uid else {"org": one.org_uid} if one.org_uid else {}
        own = (line.url or address(reverse("city:leader_red"), {"kind": line.kind})) if line.kind not in ("order", "note") else reverse("city:leader_order", args=[line.url.rstrip("/").rsplit("/", 1)[-1]])
        made.append({
            "kind": words.get(line.kind, line.kind), "icon": {"card": "flag", "order": "clipboard-text", "note": "writing-sign"}.get(line.kind, "clock-exclamation"),
            "title": line.title, "number": line.number, "body": texts.pick(line.body), "person": line.person, "seconds": one.seconds, "since": line.since, "url": own,
            "press_url": address(press, to_press) if to_press else "",
        })  # fmt: skip
    return made


def counted_cards(counts: Any, first: date, last: date, *, labels: dict[str, str]) -> list[dict[str, Any]]:
    """Return the counts of a span as numbers that open their cases."""
    base = reverse("city:cases")
    return [
        {
            "label": labels[name], "value": counts[name].now, "change": change_words(counts[name].change),
            "url": address(base, {"on": name, "since": first.isoformat(), "until": last.isoformat()}), "tone": "done" if name == "closed" else "accent",
        }
        for name in ("reported", "filed", "closed")
    ]  # fmt: skip


def change_words(change: int) -> str:
    return f"+{change}" if change > 0 else f"−{-change}" if change < 0 else "±0"


def ranked(places: Iterable[Any]) -> list[dict[str, Any]]:
    """Return places of a ranking; each opens the ranking where it is served, else the body's or area's open cases."""
    ranking, base = first_url("indicators:ranking"), reverse("city:cases")
    return [
        {
            "name": p.name, "rank": p.rank, "before": p.before, "fell": p.fell, "rose": p.rose, "score": p.score, "colour": p.colour,
            "url": address(ranking, {"scheme": p.scheme}) if ranking else address(base, {"org" if p.scheme == "department" else "district": p.code, "state": "open"}),
        }
        for p in places
    ]  # fmt: skip
