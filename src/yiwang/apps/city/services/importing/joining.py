"""Rows that the source calls duplicates are joined to a near request of the same type, where there is one."""

from collections.abc import Sequence

from django.db import connection, transaction

from yiwang.apps.city.rules import importing as rules
from yiwang.kernel.audit import rules as chain_rules
from yiwang.kernel.audit import services as audit
from yiwang.kernel.audit.contracts import CaseRef, ChainHead
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, MatterVersion, Report

MERGED = "merged"
BATCH = 200

# The nearest other request of the same class, opened within so many days before (or one day after: the staff sees the
# second call first), that is no duplicate itself. A default point is no place, so nothing there is near anything.
_SQL = """
SELECT d.case_id, near.case_id
FROM city_importedrequest d
JOIN yw_cases_case c ON c.id = d.case_id
JOIN city_citycase t ON t.case_id = d.case_id
CROSS JOIN LATERAL (
    SELECT o.id AS case_id
    FROM city_citycase ot
    JOIN city_importedrequest oi ON oi.case_id = ot.case_id AND oi.profile = d.profile AND NOT oi.is_duplicate
    JOIN yw_cases_case o ON o.id = ot.case_id
    WHERE ot.class_code = t.class_code AND ot.kind = t.kind AND NOT ot.place_is_default AND o.id <> c.id
      AND o.reported_at BETWEEN c.reported_at - make_interval(days => %(days)s) AND c.reported_at + interval '1 day'
      AND o.point && ST_Expand(c.point, %(degrees)s)
      AND ST_DWithin(o.point::geography, c.point::geography, %(near_m)s)
    ORDER BY ST_Distance(o.point::geography, c.point::geography), o.reported_at, o.id
    LIMIT 1
) near
WHERE d.profile = %(profile)s AND d.is_duplicate AND c.main_case_id IS NULL AND c.closed_at IS NOT NULL
  AND c.point IS NOT NULL AND NOT t.place_is_default
ORDER BY d.case_id
"""


def pairs(profile: rules.Profile) -> list[tuple[int, int]]:
    """Return (duplicate, main) ids that are still to be joined."""
    if not profile.duplicates:
        return []
    with connection.cursor() as cursor:
        # A degree of longitude is at least 40 km below 69 degrees of latitude; the exact distance is asked besides.
        cursor.execute(_SQL, {
            "profile": profile.code, "near_m": profile.duplicate_near_m, "days": profile.duplicate_days,
            "degrees": profile.duplicate_near_m / 40_000,
        })  # fmt: skip
        return [(row[0], row[1]) for row in cursor.fetchall()]


def join_duplicates(actor: Actor, profile: rules.Profile, version: MatterVersion) -> int:
    """Join what can be joined; returns how many. Done again it finds nothing more."""
    found, count = pairs(profile), 0
    for start in range(0, len(found), BATCH):
        with transaction.atomic():
            count += _join(actor, profile, version, found[start : start + BATCH])
    return count


def _join(actor: Actor, profile: rules.Profile, version: MatterVersion, found: Sequence[tuple[int, int]]) -> int:
    ids = sorted({case_id for pair in found for case_id in pair})
    cases = {c.pk: c for c in Case.all_modes.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}
    chains = chain_rules.Chains({c.pk: ChainHead(c.event_count, bytes(c.event_head)) for c in cases.values()})
    at, lines = now(), []
    for second_id, main_id in found:
        second, main = cases[second_id], cases[main_id]
        for case, action, to_state, data in (
            (second, "merge", MERGED, {"main": main.uid}), (main, "merged_in", main.state, {"from": second.uid}),
        ):  # fmt: skip
            ref = CaseRef(id=case.pk, uid=case.uid, area_path=case.area_path, org_id=case.org_id,
                          matter=version.matter.code, mode=case.mode)  # fmt: skip
            lines.append(audit.line(actor, action=action, region=profile.region, case=ref, occurred_at=at, recorded_at=at,
                                    from_state=case.state, to_state=to_state, data=data))  # fmt: skip
        second.state, second.main_case = MERGED, main
    audit.record_many(lines, chains=chains)
    for case in cases.values():
        case.event_count, case.event_head = chains.heads[case.pk].count, chains.heads[case.pk].head
        case.version += 1
    Case.all_modes.bulk_update(
        cases.values(), ["state", "main_case", "event_count", "event_head", "version"], batch_size=BATCH * 2
    )
    for second_id, main_id in found:
        Report.all_modes.filter(case_id=second_id).update(case_id=main_id, opened_case=False)
    return len(found)
