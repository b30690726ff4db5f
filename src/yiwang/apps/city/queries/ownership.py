"""Reads of confirming owners (确权): lists with how far they are, and the components of one."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from yiwang.apps.city.models import OwnershipItem, OwnershipList
from yiwang.apps.city.rules.ownership import Item
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import work
from yiwang.kernel.geography.queries.assets import VIEW
from yiwang.kernel.identity.models import Organization

MATTER = "city.ownership"
TONES = {"asked": "soon", "accepted": "in_time", "denied": "overdue", "upheld": "in_time", "given": "in_time", "street": "neutral"}


def state_words() -> dict[str, str]:
    return {
        Item.ASKED: _("asked"), Item.ACCEPTED: _("accepted"), Item.DENIED: pgettext("ownership", "denied"), Item.UPHELD: _("arbitrated: theirs"),
        Item.GIVEN: _("arbitrated: another body's"), Item.STREET: _("arbitrated: the street answers"),
    }  # fmt: skip


def lists(actor: Actor) -> QuerySet[OwnershipList]:
    """Return the lists whose cases concern the reader, with counts of their components."""
    seen = work.visible_cases(actor, app="city").filter(matter__code=MATTER)
    count = {name: Count("items", filter=Q(items__state__in=states)) for name, states in (
        ("agreed", ("accepted", "upheld", "given")), ("open_items", ("asked",)), ("disputed", ("denied",)))}  # fmt: skip
    return OwnershipList.objects.filter(case__in=seen).select_related("case", "body").annotate(total=Count("items"), **count)


@dataclass(frozen=True)
class ListView:
    """What the case page shows of a list."""

    body: str
    due_on: date
    rows: list[dict[str, Any]]
    counts: list[tuple[str, str, int]]
    settled_owner: str


def of_case(actor: Actor, case: Case) -> ListView | None:
    """Return the list of a case with its components; None for a case of another matter."""
    found = OwnershipList.objects.filter(case=case).select_related("body", "settled_owner").first()
    if found is None:
        return None
    words, links = state_words(), actor.may_anywhere(VIEW)
    items = OwnershipItem.objects.filter(list=found).select_related("asset").order_by("asset__code")
    rows = [
        {
            "code": i.asset.code, "name": texts.pick(i.asset.name) or i.asset.class_code, "address": i.asset.address or i.asset.road,
            "state": words[Item(i.state)], "tone": TONES[i.state], "url": reverse("components:one", args=[i.asset.uid]) if links else "", "uid": str(i.asset.uid),
            "point": (i.asset.point.x, i.asset.point.y), "key": i.state,
        }
        for i in items
    ]  # fmt: skip
    counts = [(words[s], TONES[s], n) for s in Item if (n := sum(r["key"] == s for r in rows))]
    return ListView(texts.pick(found.body.name), found.due_on, rows, counts, texts.pick(found.settled_owner.name) if found.settled_owner else "")


def features(view: ListView) -> dict[str, Any]:
    """Return the components of a list as the map draws them, coloured by what became of them."""
    return {"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(r["point"])},
         "properties": {"uid": r["uid"], "code": r["code"], "label": r["name"], "tone": r["tone"], "status": r["state"], "href": r["url"]}}
        for r in view.rows
    ]}  # fmt: skip


def body_names(ids: set[int]) -> dict[int, str]:
    return {o.pk: texts.pick(o.name) for o in Organization.objects.filter(pk__in=ids)}
