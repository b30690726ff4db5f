"""Which definitions hold on a day (各版指标), and all of them for the page that edits."""

from datetime import date

from django.db.models import QuerySet

from yiwang.kernel.indicators.contracts import Catalogue
from yiwang.kernel.indicators.models import Definition
from yiwang.kernel.indicators.rules import definitions


def on_day(day: date) -> Catalogue:
    """Return what holds on the day: of each code its newest version not younger than that, retired ones left out.

    What was defined after the day holds for it as well when nothing older does: a county that begins today may judge last month.
    """
    newest: dict[tuple[str, str], Definition] = {}
    for row in Definition.objects.order_by("kind", "code", "valid_from", "version"):
        held = newest.get((row.kind, row.code))
        if held is None or row.valid_from <= day:
            newest[row.kind, row.code] = row
    rows = [r for r in newest.values() if not (r.is_retired and r.valid_from <= day)]
    return of_rows(rows)


def of_rows(rows: list[Definition]) -> Catalogue:
    return Catalogue(
        measures={r.code: definitions.measure(r.code, r.body) for r in rows if r.kind == "measure"},
        indicators={r.code: definitions.indicator(r.code, r.body, version=r.version, valid_from=r.valid_from) for r in rows if r.kind == "indicator"},
        schemes={r.code: definitions.scheme(r.code, r.body, version=r.version, valid_from=r.valid_from) for r in rows if r.kind == "scheme"},
    )


def newest(kind: str, code: str) -> Definition | None:
    return Definition.objects.filter(kind=kind, code=code).order_by("-version").first()


def versions(kind: str, code: str) -> QuerySet[Definition]:
    """Return every version of a definition, newest first."""
    return Definition.objects.filter(kind=kind, code=code).order_by("-version")
