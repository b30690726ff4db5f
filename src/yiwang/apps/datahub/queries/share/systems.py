"""Reads of the register of systems."""

from typing import Any

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models.share import InfoSystem, Verdict
from yiwang.apps.datahub.rules.share import overlap
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound

VIEW, EDIT, ASSESS = "datahub.system.view", "datahub.system.edit", "datahub.system.assess"
MATRIX = 20  # systems of the matrix: those that overlap most


def visible_to(actor: Actor) -> QuerySet[InfoSystem]:
    """Return the systems of the bureaus that the reader answers for; who assesses sees all of his area."""
    wanted = Q(pk__in=[])
    for permission in (VIEW, EDIT, ASSESS):
        for scope in actor.scopes(permission):
            wanted |= Q(org_path__startswith=scope.org_path, area_path__startswith=scope.area_path)
    return InfoSystem.objects.filter(wanted).select_related("org", "merge_into")


def search(actor: Actor, *, words: str = "", verdict: str = "", state: str = "") -> QuerySet[InfoSystem]:
    rows = visible_to(actor)
    if words := words.strip()[:100]:
        rows = rows.filter(Q(name__icontains=words) | Q(code__icontains=words) | Q(org__name__icontains=words) | Q(contractor__icontains=words))
    if verdict in Verdict.values or verdict == "-":
        rows = rows.filter(verdict="" if verdict == "-" else verdict) if verdict else rows
    return rows.filter(state=state) if state else rows


def one(actor: Actor, code: str) -> InfoSystem:
    found = visible_to(actor).filter(code=code).first()
    if found is None:
        raise NotFound(what="system")
    return found


def overlaps(actor: Actor) -> tuple[list[overlap.Pair], dict[str, InfoSystem]]:
    """Return the pairs among the systems that the reader sees and that are not switched off, and the systems by code."""
    systems = {s.code: s for s in visible_to(actor).exclude(state="retired").order_by("code")[:500]}
    return overlap.pairs({code: (s.elements, s.items) for code, s in systems.items()}), systems


def matrix(pairs: list[overlap.Pair]) -> tuple[list[str], list[list[int | None]]]:
    """Return (codes, percent by row and column) of the systems that overlap most; None on the diagonal."""
    codes = list(dict.fromkeys(code for p in pairs for code in (p.one, p.other)))[:MATRIX]
    known: dict[tuple[str, str], int] = {}
    for p in pairs:
        known[p.one, p.other] = known[p.other, p.one] = round(100 * p.share)
    return codes, [[None if a == b else known.get((a, b), 0) for b in codes] for a in codes]


def sums(rows: QuerySet[InfoSystem]) -> dict[str, Any]:
    from django.db.models import Count, Sum

    found = rows.order_by().aggregate(many=Count("pk"), cost=Sum("cost"), year=Sum("cost_year"), users=Sum("users"), active=Sum("active"))
    return {k: v or 0 for k, v in found.items()}
