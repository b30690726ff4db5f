"""Reads of the macro-economic base: who sees which series, and what was known of them on a date."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models import (
    EconomicFigure,
    EconomicSeries,
    EconomicTheme,
    FigureKind,
    FigureState,
    FigureStatus,
    Grade,
    IndexBase,
    PeriodKind,
    PriceBasis,
)
from yiwang.apps.datahub.rules.economy.measures import Given
from yiwang.apps.datahub.rules.economy.periods import Period, from_code
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.identity.permits import visible, within

VIEW, ENTER, RELEASE, DEFINE = "datahub.economy.view", "datahub.economy.enter", "datahub.economy.release", "datahub.economy.define"
THEMES, KINDS, STATUSES, GRADES = EconomicTheme.choices, FigureKind.choices, FigureStatus.choices, Grade.choices
INDEX_BASES, PERIOD_KINDS, PRICES = IndexBase.choices, PeriodKind.choices, PriceBasis.choices
SEEN_BY_ALL = Grade.INTERNAL  # up to this grade a series is seen by everybody who may see the base at all


@dataclass(frozen=True, slots=True)
class Told:
    """A period's figure as it was known: which revision, of how many."""

    value: Decimal
    status: str
    revision: int
    released_on: date


def series(actor: Actor) -> QuerySet[EconomicSeries]:
    """Return the series that the actor sees: internal ones all, sensitive ones of his own bodies and areas."""
    rows = EconomicSeries.objects.select_related("indicator", "area", "org")
    own = within(actor, VIEW)
    return rows.none() if own is None else rows.filter(Q(grade__lte=SEEN_BY_ALL) | own)


def series_for(actor: Actor, uid: UUID) -> EconomicSeries:
    """Return one of them; raises NotFound."""
    found = series(actor).select_related("deflator", "whole", "whole__indicator", "deflator__indicator").filter(uid=uid).first()
    if found is None:
        raise NotFound(what="series")
    return found


def entered(actor: Actor) -> QuerySet[EconomicSeries]:
    """Return the series that the actor enters figures for."""
    return visible(EconomicSeries.objects.select_related("indicator", "area", "org"), actor, ENTER)


def entered_for(actor: Actor, uid: UUID) -> EconomicSeries:
    """Return one of them; raises NotFound."""
    found = entered(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="series")
    return found


def bodies(actor: Actor) -> QuerySet[Organization]:
    """Return the bodies whose series the actor describes."""
    return visible(Organization.objects.filter(is_active=True), actor, DEFINE, area="area__path", org="path").order_by("path")


def places(actor: Actor) -> QuerySet[Area]:
    """Return the areas for which the actor describes series, down to the street."""
    scopes = actor.scopes(DEFINE)
    below = Q(pk__in=[])
    for scope in scopes:
        below |= Q(path__startswith=scope.area_path)
    return Area.objects.filter(below, valid_to__isnull=True, level__in=("city", "district", "street")).order_by("path")


def areas(actor: Actor) -> list[Area]:
    """Return the areas that have a series for the actor, from above."""
    return list(Area.objects.filter(pk__in=series(actor).order_by().values("area")).order_by("path"))


def known(ids: Collection[int], as_of: date | None = None) -> dict[int, dict[Period, Told]]:
    """Return what was known of series on a date (now: None), each sorted by period, in one query.

    Of each period the newest revision that the source body had released by then; one that was taken back is none.
    """
    rows = EconomicFigure.objects.filter(series_id__in=list(ids), state=FigureState.RELEASED)
    if as_of is not None:
        rows = rows.filter(released_on__lte=as_of)
    made: dict[int, dict[Period, Told]] = {one: {} for one in ids}
    newest = rows.order_by("series_id", "start_on", "-revision").distinct("series_id", "start_on")
    for one, code, value, status, revision, released_on in newest.values_list("series_id", "period", "value", "status", "revision", "released_on"):
        period = from_code(code)
        if value is not None and period is not None:
            made[one][period] = Told(value, status, revision, released_on)
    return made


def given(found: Sequence[EconomicSeries], as_of: date | None = None) -> tuple[dict[int, Given], dict[int, dict[Period, Told]]]:
    """Return the series with their deflators and wholes, ready for reckoning, and what was known of them. One query."""
    ids = {s.pk for s in found} | {s.deflator_id for s in found if s.deflator_id} | {s.whole_id for s in found if s.whole_id}
    told = known(ids, as_of)
    plain = {one: {p: t.value for p, t in figures.items()} for one, figures in told.items()}
    bases = dict(EconomicSeries.objects.filter(pk__in=[s.deflator_id for s in found if s.deflator_id]).values_list("pk", "index_base")) if any(s.deflator_id for s in found) else {}
    made = {
        s.pk: Given(
            kind=s.kind, index_base=s.index_base, cumulative=s.is_cumulative, figures=plain[s.pk], price_year=s.price_year,
            deflator=plain.get(s.deflator_id or 0, {}), deflator_base=bases.get(s.deflator_id or 0, "fixed"), whole=plain.get(s.whole_id or 0, {}),
        )
        for s in found
    }  # fmt: skip
    return made, told


def revisions(found: EconomicSeries, most: int = 200) -> QuerySet[EconomicFigure]:
    """Return what was given later than first, newest first; also what waits and what was not released."""
    later = EconomicFigure.objects.filter(Q(revision__gt=1) | ~Q(state=FigureState.RELEASED), series=found)
    return later.select_related("made_by", "decided_by").order_by("-pk")[:most]


def history(found: EconomicSeries, period: str) -> list[EconomicFigure]:
    """Return every figure that was ever given of a period, oldest first."""
    return list(EconomicFigure.objects.filter(series=found, period=period).select_related("made_by", "decided_by").order_by("revision"))


def waiting(actor: Actor) -> QuerySet[EconomicFigure]:
    """Return the figures that wait for the actor's release."""
    rows = EconomicFigure.objects.filter(state=FigureState.WAITING).select_related("series__indicator", "series__area", "series__org", "made_by")
    return visible(rows, actor, RELEASE, area="series__area_path", org="series__org_path")


def waiting_for(actor: Actor, uid: UUID) -> EconomicFigure:
    """Return one figure that waits or waited for the actor; raises NotFound."""
    rows = EconomicFigure.objects.select_related("series")
    found = visible(rows, actor, RELEASE, area="series__area_path", org="series__org_path").filter(uid=uid).first()
    if found is None:
        raise NotFound(what="figure")
    return found
