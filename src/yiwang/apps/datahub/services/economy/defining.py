"""New series: an indicator, of an area, by a caliber."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import EconomicIndicator, EconomicSeries, FigureKind, IndexBase
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.services.economy import words
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.models import Organization


@dataclass(frozen=True, kw_only=True)
class NewSeries:
    """What describes a series. An indicator of a code that is known is taken as it is; its name and theme are then not asked."""

    code: str
    indicator: str
    name: dict[str, str] = field(default_factory=dict)
    theme: str = ""
    area: Area
    org: Organization
    unit: str
    kind: str
    period_kind: str
    caliber: dict[str, str] = field(default_factory=dict)
    decimals: int = 2
    index_base: str = ""
    is_cumulative: bool = False
    price: str = ""
    price_year: int | None = None
    deflator: EconomicSeries | None = None
    whole: EconomicSeries | None = None
    grade: int = 2
    is_sample: bool = False


@transaction.atomic
def define(actor: Actor, new: NewSeries) -> EconomicSeries:
    """Describe a series; it has no figures yet.

    Raises
    ------
    NotPermitted
    BadInput
        What is said does not go together, or the code is taken.
    """
    actor.require(reads.DEFINE, area_path=new.area.path, org_path=new.org.path)
    for field_name, code, message in _faults(new):
        raise BadInput.one(field_name, code, message)
    indicator = EconomicIndicator.objects.filter(code=new.indicator).first()
    if indicator is None:
        if not new.name.get("zh-Hans") or not new.theme:
            raise BadInput.one("name", "required", _("A new indicator needs a name and a theme."))
        indicator = EconomicIndicator.objects.create(code=new.indicator, name=new.name, theme=new.theme)
    try:
        with transaction.atomic():
            made = EconomicSeries.objects.create(
                code=new.code, indicator=indicator, area=new.area, area_path=new.area.path, org=new.org, org_path=new.org.path, unit=new.unit, kind=new.kind,
                period_kind=new.period_kind, caliber=new.caliber, decimals=new.decimals, index_base=new.index_base, is_cumulative=new.is_cumulative, price=new.price,
                price_year=new.price_year, deflator=new.deflator, whole=new.whole, grade=new.grade, is_sample=new.is_sample,
            )  # fmt: skip
    except IntegrityError as error:
        raise BadInput.one("code", "taken", _("There is a series of this code already.")) from error
    audit.record(actor, action="datahub.series.defined", area_path=made.area_path, data={"series": made.code, "indicator": indicator.code, "unit": made.unit})
    return made


def _faults(new: NewSeries) -> list[tuple[str, str, Any]]:
    found: list[tuple[str, str, Any]] = []
    if new.unit not in words.units():
        found.append(("unit", "choice", _("This unit is not known.")))
    if (new.kind == FigureKind.INDEX) != (new.index_base != IndexBase.NONE):
        found.append(("index_base", "index_base", _("An index says what is 100; nothing else does.")))
    if new.is_cumulative and new.kind != FigureKind.FLOW:
        found.append(("is_cumulative", "flow", _("Only flows are cumulative.")))
    if new.is_cumulative and new.period_kind == "year":
        found.append(("is_cumulative", "year", _("A year is its own sum.")))
    if new.deflator is not None and (new.deflator.kind != FigureKind.INDEX or new.deflator.period_kind != new.period_kind):
        found.append(("deflator", "deflator", _("Prices are taken off by an index of the same kind of period.")))
    if new.whole is not None and (new.whole.period_kind, new.whole.unit, new.whole.is_cumulative) != (new.period_kind, new.unit, new.is_cumulative):
        found.append(("whole", "whole", _("A whole has the unit and the kind of period of its parts.")))
    return found
