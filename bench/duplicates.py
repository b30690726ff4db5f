"""How well the duplicate page finds what the sample planted: recall and precision, as the clerk would have seen it.

    ./dev bench duplicates [--sample county]

Each planted report is judged as of the moment when it came in: what was open then and near enough is a candidate, by
the very query and rule of the page. Precision is asked of all reports of a random draw besides, planted or not: of what
the page would have shown, how much was truly the same.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import timedelta

import django

DRAW = 1500


def main() -> None:
    django.setup()
    from yiwang.apps.city.models import CityCase, PlantedDuplicate
    from yiwang.apps.city.rules.duplicates import Thresholds

    limits = Thresholds()
    truth = dict(PlantedDuplicate.objects.values_list("case_id", "of_id"))
    if not truth:
        raise SystemExit("the sample has no planted duplicates; load it first: ./dev bench --sample small")
    draw = int(sys.argv[1]) if len(sys.argv) > 1 else DRAW
    plain = list(CityCase.objects.filter(case__mode="live", case__is_sample=True).exclude(pk__in=truth).values_list("pk", flat=True).order_by("pk"))
    others = random.Random(11).sample(plain, min(draw, len(plain)))
    found = {pk: shown(pk, limits) for pk in [*truth, *others]}
    same = families(truth)
    print(f"{len(truth)} planted duplicates, {len(others)} other reports; what the page would have shown when they came in")
    for name, least in (("listed", limits.candidate), ("marked likely", limits.likely)):
        hits = sum(1 for pk in truth if any(same(pk, other) for other, score in found[pk] if score >= least))
        first = sum(1 for pk in truth if found[pk] and found[pk][0][1] >= least and same(pk, found[pk][0][0]))
        pairs = [(pk, other) for pk, rows in found.items() for other, score in rows if score >= least]
        true = sum(1 for pk, other in pairs if same(pk, other))
        drawn = [(pk, other) for pk, other in pairs if pk not in truth]
        print(f"  {name:14} (score >= {least:.2f})   recall {share(hits, len(truth))}   first in the list {share(first, len(truth))}"
              f"   precision {share(true, len(pairs))}   shown to other reports {len(drawn) / max(1, len(others)):5.2f} each")  # fmt: skip


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} % ({part}/{whole})" if whole else "    - "


def families(truth: dict[int, int]):  # type: ignore[no-untyped-def]
    """Return a test whether two cases tell of one thing: a duplicate and its original, or two duplicates of one."""

    def root(pk: int) -> int:
        return truth.get(pk, pk)

    return lambda one, other: one != other and root(one) == root(other)


def shown(case_id: int, limits) -> list[tuple[int, float]]:  # type: ignore[no-untyped-def]
    """Return (case, score) as the page lists them, the likest first, as of the moment when the report came in."""
    from yiwang.apps.city.models import CityCase
    from yiwang.apps.city.queries import duplicates as queries
    from yiwang.apps.city.rules import duplicates as rules

    typed = CityCase.objects.select_related("case", "component").get(case_id=case_id)
    at = typed.case.reported_at
    near = [
        o for o in queries.candidates(typed, limits, since=timedelta(hours=limits.reach_h))
        if o.case.is_sample and o.case.reported_at <= at and (o.case.closed_at is None or o.case.closed_at > at)
    ]  # fmt: skip
    sightings = [(str(o.pk), replace(queries.sighting(o), is_open=True, closed_at=None)) for o in near]
    return [(int(key), likeness.score) for key, likeness in rules.rank(queries.sighting(typed), sightings, limits)]


if __name__ == "__main__":
    main()
