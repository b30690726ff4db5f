"""Trying a definition out before it is saved (试算): what is wrong with it, and what the ranking would be."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet

from yiwang.kernel.base.clock import now
from yiwang.kernel.indicators.contracts import Catalogue, League, Period
from yiwang.kernel.indicators.models import Definition
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import league
from yiwang.kernel.indicators.rules import definitions
from yiwang.kernel.indicators.rules.definitions import Fault

SECTIONS = {"measure": "measures", "indicator": "indicators", "scheme": "schemes"}


def changed(kind: str, code: str, body: Mapping[str, Any], day: date) -> tuple[Catalogue | None, list[Fault]]:
    """Return the catalogue as it would be with this definition, and what is wrong with it; None when it cannot even be read."""
    try:
        read = getattr(definitions, kind)(code, body)
    except Fault as fault:
        return None, [fault]
    present = catalogues.on_day(max(day, now().date()))
    section = SECTIONS[kind]
    made = Catalogue(**{s: dict(getattr(present, s)) | ({code: read} if s == section else {}) for s in SECTIONS.values()})
    faults = definitions.check(made)
    return (None if faults else made), faults


def touched(catalogue: Catalogue, kind: str, code: str) -> list[str]:
    """Return the schemes whose ranking a definition moves."""
    if kind == "scheme":
        return [code]
    indicators = [code] if kind == "indicator" else definitions.users_of(catalogue, "measure", code)
    return [s.code for s in catalogue.schemes.values() if any(i.indicator in indicators for i in s.items)]


def rankings(made: Catalogue, scheme: str, period: Period) -> tuple[League | None, League]:
    """Return the present ranking of a period (None: there is no such scheme yet) and the one by the changed definitions."""
    present = catalogues.on_day(now().date())
    old = league.of_scheme(scheme, period, catalogue=present) if scheme in present.schemes else None
    return old, league.of_scheme(scheme, period, catalogue=made)


def listed() -> list[Definition]:
    """Return the newest version of every definition, by kind and code. One query."""
    return list(Definition.objects.order_by("kind", "code", "-version").distinct("kind", "code"))


def versions(kind: str, code: str) -> QuerySet[Definition]:
    return catalogues.versions(kind, code)
