"""Who gives what to whom, the three lists (三清单) and the figures of the catalogue, as far as the reader may know."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q

from yiwang.apps.datahub.models import DatasetState, Sharing
from yiwang.apps.datahub.models.share import GrantState, RequestState, SharingGrant, SharingRequest
from yiwang.apps.datahub.queries.share import catalogue, settings
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.texts import pick


@dataclass(frozen=True)
class Figure:
    """A share: how many of how many."""

    code: str
    numerator: int
    denominator: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.numerator / self.denominator, 1) if self.denominator else None


def streams(actor: Actor) -> list[dict[str, Any]]:
    """Return who gives how many sets to whom: grants in use of sets that the reader may know of; one query."""
    rows = (
        SharingGrant.objects.filter(state=GrantState.ACTIVE, dataset__in=catalogue.visible_to(actor).order_by().values("pk"))
        .values("dataset__org__name", "org__name").annotate(many=Count("dataset", distinct=True), calls=Count("log")).order_by("-many")
    )  # fmt: skip
    return [{"giver": pick(r["dataset__org__name"]), "getter": pick(r["org__name"]), "many": r["many"], "calls": r["calls"]} for r in rows[:200]]


def figures(actor: Actor) -> list[Figure]:
    """Return mounted, on-time, used and satisfied shares of the published sets that the reader sees."""
    sets = list(catalogue.visible_to(actor).filter(state=DatasetState.PUBLISHED).select_related(None).values("pk", "rows", "layer", "cycle", "landed_at"))
    days, moment = settings.in_force()["cycles"], now()
    timed = [s for s in sets if s["cycle"] in days and (s["rows"] or s["landed_at"])]
    good = [s for s in timed if s["landed_at"] is not None and moment - s["landed_at"] <= timedelta(days=days[s["cycle"]])]
    ids = [s["pk"] for s in sets]
    used = SharingGrant.objects.filter(dataset__in=ids, state=GrantState.ACTIVE).values("dataset").distinct().count()
    asked = SharingRequest.objects.filter(dataset__in=ids).aggregate(
        decided=Count("pk", filter=~Q(state__in=(RequestState.OWNER, RequestState.DISPUTED, RequestState.WITHDRAWN))),
        met=Count("pk", filter=Q(state__in=(RequestState.GRANTED, RequestState.ENDED))),
    )  # fmt: skip
    return [
        Figure("mounted", sum(1 for s in sets if s["rows"] or s["layer"]), len(sets)), Figure("on_time", len(good), len(timed)), Figure("used", used, len(sets)),
        Figure("satisfied", asked["met"], asked["decided"]),
    ]  # fmt: skip


def three_lists(actor: Actor) -> dict[str, list[Any]]:
    """Return demand (what was asked for), responsibility (who owes which set how often) and negative (what is not shared, and by which law)."""
    seen = catalogue.visible_to(actor).filter(state=DatasetState.PUBLISHED)
    demand = (
        SharingRequest.objects.filter(dataset__in=seen.order_by().values("pk")).values("dataset__code", "dataset__name", "dataset__org__name")
        .annotate(asked=Count("pk"), met=Count("pk", filter=Q(state__in=("granted", "ended")))).order_by("-asked")[:100]
    )  # fmt: skip
    duty = seen.order_by().values("org__name").annotate(
        many=Count("pk"), mounted=Count("pk", filter=Q(rows__gt=0) | ~Q(layer="")), open=Count("pk", filter=Q(sharing=Sharing.UNCONDITIONAL))
    ).order_by("-many")[:100]  # fmt: skip
    return {"demand": list(demand), "responsibility": list(duty), "negative": list(seen.filter(sharing=Sharing.NONE).order_by("code")[:200])}


