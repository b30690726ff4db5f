"""Reads of evaluation from outside (外评价)."""

from datetime import date

from django.db.models import QuerySet

from yiwang.apps.city.models import MediaReport, OutsideFigure
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.scopes import held
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import work
from yiwang.kernel.identity.queries import organizations

VIEW, EDIT = "city.judging.view", "city.outside.edit"


def media(actor: Actor) -> QuerySet[MediaReport]:
    """Return the media's reports of the reader's area."""
    return MediaReport.objects.filter(held(actor, VIEW, EDIT)).select_related("case", "case__matter", "area", "org")


def figures(actor: Actor) -> QuerySet[OutsideFigure]:
    """Return the counts from outside of the reader's area, replaced ones too."""
    return OutsideFigure.objects.filter(held(actor, VIEW, EDIT)).select_related("area", "org")


def current(kind: str, since: date, until: date) -> QuerySet[OutsideFigure]:
    """Return the counts that hold for periods inside a span of days, for the indicators; totals are sums of both parts."""
    return OutsideFigure.objects.filter(kind=kind, is_current=True, period_from__gte=since, period_to__lte=until)


def exposed(since: date, until: date) -> QuerySet[MediaReport]:
    """Return what the media exposed and was found true, wholly or in part, for the indicators."""
    return MediaReport.objects.filter(published_on__gte=since, published_on__lte=until, verdict__in=("true", "partly"))


def areas_of(actor: Actor, permission: str = EDIT) -> list[Area]:
    """Return the city, districts and streets in which the actor enters, the widest first."""
    return list(Area.objects.filter(held(actor, permission, area="path"), valid_to__isnull=True, level__in=("city", "county", "district", "street")).order_by("path"))


def bodies() -> list[tuple[str, dict[str, str]]]:
    return [(o.code, o.name) for o in organizations()]


def case_by_number(actor: Actor, number: str) -> Case | None:
    return work.visible_cases(actor, app="city").filter(number=number.strip()[:32]).first() if number.strip() else None
