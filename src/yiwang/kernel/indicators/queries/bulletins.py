"""What a bulletin holds, gathered once when it is issued; and which bulletins and plans there are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.models import Account, Organization, Role
from yiwang.kernel.indicators.contracts import Judged, Period
from yiwang.kernel.indicators.models import Bulletin, BulletinPlan, CaseFact
from yiwang.kernel.indicators.queries import access, choices, tables
from yiwang.kernel.indicators.queries.league import judged_at
from yiwang.kernel.indicators.queries.tables import Seen
from yiwang.kernel.indicators.rules import movement, periods, scoring

OVERDUE_MOST = 60  # single cases in the list of what is overdue
ROWS_MOST = 60  # rows of a ranking on paper; the workbook has all


def visible(actor: Actor) -> QuerySet[Bulletin]:
    """Return the bulletins: whoever may see rankings may read all of them."""
    return Bulletin.objects.all() if actor.may_anywhere(access.VIEW) else Bulletin.objects.none()


def one(actor: Actor, uid: str) -> Bulletin:
    try:
        found = visible(actor).filter(uid=UUID(str(uid))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(what="bulletin")
    return found


def plans() -> QuerySet[BulletinPlan]:
    return BulletinPlan.objects.filter(ended_at__isnull=True).order_by("name", "pk")


def roles() -> list[tuple[str, str]]:
    """Return (code, name) of the roles whose holders may open a bulletin."""
    rows = Role.objects.filter(grants__permission=access.VIEW).distinct().order_by("code")
    return [(r.code, texts.pick(r.name)) for r in rows]


def receivers(codes: Sequence[str]) -> list[Account]:
    """Return the active accounts that hold one of these roles now and may see rankings."""
    return list(
        Account.objects.filter(
            is_active=True, holdings__valid_to__isnull=True, holdings__post__is_active=True, holdings__post__role__code__in=list(codes),
            holdings__post__role__grants__permission=access.VIEW,
        ).distinct().order_by("pk")
    )  # fmt: skip


def content(actor: Actor, schemes: Sequence[str], period: Period, area_path: str) -> dict[str, Any]:
    """Gather everything that a bulletin says, as plain values; closed results where there are any, else the moment.

    Raises
    ------
    NotFound
        A scheme that there is not.
    """
    parts = [_part(actor, code, period, area_path) for code in schemes]
    return {"parts": parts, "overdue": _overdue(period, area_path)}


def _part(actor: Actor, code: str, period: Period, area_path: str) -> dict[str, Any]:
    seen = tables.seen(actor, code, period, area_path)
    before = tables.before(actor, seen, area_path=area_path)
    past = {r.key: r for r in before.league.rows} if before else {}
    rows = [_row(seen, r, past.get(r.key)) for r in seen.league.rows]
    shapes = choices.shapes(seen.league.scheme.judges, [r.key for r in seen.league.rows]) if tables.is_area(seen.league.scheme.judges) else {}
    return {
        "scheme": code, "name": dict(seen.league.scheme.name), "kind": seen.league.scheme.judges.value, "closed": seen.result.version if seen.result else None,
        "as_of": seen.league.as_of.isoformat(),
        "items": [
            {"code": i.indicator, "weight": i.weight, "name": dict(seen.catalogue.indicators[i.indicator].name), "unit": seen.catalogue.indicators[i.indicator].unit}
            for i in seen.league.scheme.items
        ],
        "rows": rows, "whole": _row(seen, seen.league.whole, before.league.whole if before else None), "shapes": shapes,
        "bands": [{"grade": b.grade, "colour": b.colour, "name": dict(b.name), "least": b.least} for b in seen.league.scheme.grades],
    }  # fmt: skip


def _row(seen: Seen, row: Judged, past: Judged | None) -> dict[str, Any]:
    found = movement.moves(seen.league.scheme, row, past)
    band = scoring.band_of(seen.league.scheme.grades, row.score)
    return {
        "key": row.key, "name": row.name, "rank": row.rank, "score": row.score, "grade": row.grade, "colour": row.colour,
        "grade_name": dict(band.name) if band else {}, "was_rank": past.rank if past else None, "was_score": past.score if past else None,
        "figures": {c: [f.value, f.numerator, f.denominator] for c, f in row.figures.items()}, "points": dict(row.points),
        "pulls": [[m.indicator, round(m.pull, 2), m.was, m.value] for m in found],
    }  # fmt: skip


def _overdue(period: Period, area_path: str) -> dict[str, Any]:
    """Return what was overdue and not closed at the end of the period: by body, and the oldest cases."""
    at = judged_at(period)
    late = CaseFact.objects.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=at), mode="live", filed_at__isnull=False, due_at__lte=at)
    late = late.exclude(outcome__in=("void", "merged", "refused"))
    if area_path:
        late = late.filter(area_path__startswith=area_path)
    by_body = list(late.values("org_id").annotate(count=Count("pk")).order_by("-count", "org_id"))
    names = {pk: texts.pick(name) for pk, name in Organization.objects.filter(pk__in=[r["org_id"] for r in by_body if r["org_id"]]).values_list("pk", "name")}
    oldest = list(late.order_by("due_at", "case_id").values_list("case_id", "due_at", "org_id")[:OVERDUE_MOST])
    cases = {c.pk: c for c in Case.objects.filter(pk__in=[pk for pk, _due, _org in oldest])}
    return {
        "bodies": [{"name": names.get(r["org_id"] or 0, ""), "count": r["count"]} for r in by_body],
        "cases": [
            {"number": cases[pk].number, "title": cases[pk].title, "body": names.get(org or 0, ""), "due": due.isoformat(), "days": round((at - due).total_seconds() / 86400, 1)}
            for pk, due, org in oldest if pk in cases and due is not None
        ],
        "total": sum(r["count"] for r in by_body),
    }  # fmt: skip


def period_of(bulletin: Bulletin) -> Period:
    return periods.parse(bulletin.period)

