"""Series for tests of the macro-economic base."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from yiwang.apps.datahub.models import EconomicFigure, EconomicIndicator, EconomicSeries
from yiwang.apps.datahub.rules.economy.periods import from_code
from yiwang.kernel.base.clock import now


def make_series(org: Any, area: Any, code: str, name: str, *, figures: dict[str, Any] | None = None, **more: Any) -> Any:
    """Store a series with first figures, each released a month after its period began; indicators are shared by name."""
    indicator, _made = EconomicIndicator.objects.get_or_create(name={"zh-Hans": name, "en": code}, defaults={"code": code, "theme": "accounts"})
    given = {"unit": "亿元", "kind": "flow", "period_kind": "quarter", **more}
    series = EconomicSeries.objects.create(code=code, indicator=indicator, area=area, area_path=area.path, org=org, org_path=org.path, **given)
    for text, value in (figures or {}).items():
        add(series, text, value)
    return series


def add(series: Any, text: str, value: Any, *, revision: int = 1, released_on: date | None = None, state: str = "released", status: str = "preliminary", reason: str = "") -> Any:
    period = from_code(text)
    assert period is not None
    return EconomicFigure.objects.create(
        series=series, period=text, start_on=period.start, revision=revision, value=Decimal(str(value)), status=status, reason=reason,
        released_on=released_on or period.start + timedelta(days=110), state=state, made_at=now(),
    )  # fmt: skip


def today() -> date:
    return timezone.localdate(now())
