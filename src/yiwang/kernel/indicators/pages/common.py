"""What the pages of judging share: which scheme, period and area are asked, and values in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.paging import Page
from yiwang.kernel.cases.models import Mode
from yiwang.kernel.indicators.contracts import Band, Catalogue, Judged, ObjectKind, Period, PeriodKind, Scheme
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import choices
from yiwang.kernel.indicators.queries.league import scheme_of
from yiwang.kernel.indicators.rules import periods, saying, scoring
from yiwang.kernel.indicators.rules.saying import signed as signed


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def address(name: str, query: Mapping[str, Any], *args: str) -> str:
    """Return the address of a page of judging with what is set of the query."""
    kept = {k: v for k, v in query.items() if v not in ("", None)}
    base = reverse(f"indicators:{name}", args=args)
    return f"{base}?{urlencode(kept)}" if kept else base


@dataclass(frozen=True)
class Wanted:
    """What a page is asked for; as a query it is an address that one may send to others."""

    scheme: Scheme
    period: Period
    area: Area | None
    catalogue: Catalogue
    live: bool = False
    mode: str = "live"
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def area_path(self) -> str:
        return self.area.path if self.area else ""

    @property
    def modes(self) -> tuple[str, ...]:
        return (self.mode,)

    @property
    def query(self) -> dict[str, str]:
        return {
            "scheme": self.scheme.code, "period": self.period.code, "area": self.area.code if self.area else "", "view": "live" if self.live else "",
            "mode": "" if self.mode == "live" else self.mode,
        }  # fmt: skip


def read(request: HttpRequest) -> Wanted:
    """Read ``?scheme=&period=month:2026-10-01&area=<code>``, or the form's ``kind=&day=&until=`` in place of period.

    Raises
    ------
    BadInput
        A period that is none. NotFound: no such scheme or area.
    """
    given = request.GET
    period = period_of(given.get("period", ""), given.get("kind", ""), given.get("day", ""), given.get("until", ""))
    catalogue = catalogues.on_day(period.last)
    code = given.get("scheme", "") or ("department" if "department" in catalogue.schemes else next(iter(catalogue.schemes), ""))
    mode = given.get("mode", "live")
    if mode not in Mode.values:
        raise BadInput.one("mode", "unknown", _("Choose one of the kinds of data in the list."))
    return Wanted(scheme_of(catalogue, code), period, choices.area_of(given.get("area", "")), catalogue, given.get("view") == "live", mode)


def period_of(code: str, kind: str, day: str, until: str = "") -> Period:
    """Read a period by its code, or by kind and day. Raises BadInput."""
    try:
        if kind:
            chosen = PeriodKind(kind)
            first = date.fromisoformat(day) if day else timezone.localdate(now())
            return periods.parse(f"range:{first}:{until or first}") if chosen is PeriodKind.RANGE else periods.of_day(chosen, first)
        return periods.parse(code) if code else periods.of_day(PeriodKind.MONTH, timezone.localdate(now()))
    except (ValueError, OverflowError) as error:
        raise BadInput.one("period", "period", _("This is no period. Choose a kind and a day; a range begins before it ends.")) from error


def period_kinds() -> list[tuple[str, str]]:
    return [
        (PeriodKind.DAY.value, pgettext("period", "Day")), (PeriodKind.WEEK.value, pgettext("period", "Week")), (PeriodKind.MONTH.value, pgettext("period", "Month")),
        (PeriodKind.QUARTER.value, pgettext("period", "Quarter")), (PeriodKind.HALF.value, pgettext("period", "Half year")),
        (PeriodKind.YEAR.value, pgettext("period", "Year")), (PeriodKind.RANGE.value, pgettext("period", "From day to day")),
    ]  # fmt: skip


def period_words(period: Period) -> str:
    """Name a period as people do: 2026-10, week 47 of 2026 (11-16 to 11-22)."""
    first, last = period.first, period.last
    facts = {"year": first.year, "month": f"{first:%m}", "first": first.isoformat(), "last": last.isoformat(), "from": f"{first:%m-%d}", "to": f"{last:%m-%d}"}
    match period.kind:
        case PeriodKind.DAY:
            return first.isoformat()
        case PeriodKind.WEEK:
            year, week, _day = first.isocalendar()
            return _("week %(week)s of %(year)s (%(from)s to %(to)s)") % {**facts, "year": year, "week": week}
        case PeriodKind.MONTH:
            return _("%(year)s-%(month)s, the month") % facts
        case PeriodKind.QUARTER:
            return _("quarter %(n)s of %(year)s") % {**facts, "n": (first.month + 2) // 3}
        case PeriodKind.HALF:
            return (_("first half of %(year)s") if first.month == 1 else _("second half of %(year)s")) % facts
        case PeriodKind.YEAR:
            return _("the year %(year)s") % facts
    return _("%(first)s to %(last)s") % facts


def said(value: float | None, unit: str) -> str:
    """Return a value as people read it; a dash for none."""
    return saying.said(value, unit, minutes=_time)


def _time(minutes: float) -> str:
    if minutes < 60:
        return _("%(n)s minutes") % {"n": round(minutes)}
    return _("%(n)s hours") % {"n": f"{minutes / 60:,.1f}"} if minutes < 2880 else _("%(n)s days") % {"n": f"{minutes / 1440:,.1f}"}


def grade_of(scheme: Scheme, row: Judged) -> dict[str, str]:
    """Return a row's grade as a chip: letter and word, and the colour of its band."""
    band = scoring.band_of(scheme.grades, row.score)
    return chip(band)


def chip(band: Band | None) -> dict[str, str]:
    if band is None:
        return {"label": "", "colour": "none"}
    return {"label": " ".join(p for p in (band.grade, texts.pick(band.name)) if p), "colour": band.colour or "none"}


def kind_words(kind: ObjectKind) -> str:
    return {
        ObjectKind.DEPARTMENT: _("Department"), ObjectKind.DISTRICT: _("District"), ObjectKind.STREET: _("Street"), ObjectKind.COMMUNITY: _("Community"),
        ObjectKind.GRID: _("Unit grid"), ObjectKind.BEAT: _("Responsibility grid"), ObjectKind.PERSON: pgettext("judged", "Person"), ObjectKind.POST: _("Post"),
        ObjectKind.CLASS: _("Class"), ObjectKind.CHANNEL: _("Channel"), ObjectKind.MAJOR: _("Major class"),
    }.get(kind, _("Object"))  # fmt: skip


def links(name: str, query: Mapping[str, Any], page: Page, *args: str) -> dict[str, Any]:
    """Return what `{% pager %}` shows."""
    return {
        "previous_url": address(name, {**query, "after": page.previous}, *args) if page.previous else "",
        "next_url": address(name, {**query, "after": page.next}, *args) if page.next else "", "shown": len(page.rows), "total": None, "capped": False,
    }  # fmt: skip
