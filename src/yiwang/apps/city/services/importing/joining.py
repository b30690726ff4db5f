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
# Both sides meet in boxes of space and time that are as wide as the search, each duplicate looking into its own box and
# those beside it: an equality, which is joined by hashing however little the planner knows of tables that were filled a
# minute ago. (A nested loop over them, chosen by chance, took longer than a statement may.)
_SQL = """
WITH request AS MATERIALIZED (
    SELECT c.id, c.point, c.reported_at, t.class_code, t.kind, i.is_duplicate,
           c.main_case_id IS NULL AND c.closed_at IS NOT NULL AS is_joinable,
           floor(ST_X(c.point) / %(degrees)s)::bigint AS x, floor(ST_Y(c.point) / %(degrees)s)::bigint AS y,
           floor(extract(epoch FROM c.reported_at) / %(span_s)s)::bigint AS z
    FROM city_importedrequest i
    JOIN yw_cases_case c ON c.id = i.case_id
    JOIN city_citycase t ON t.case_id = i.case_id
    WHERE i.profile = %(profile)s AND c.point IS NOT NULL AND NOT t.place_is_default
), looking AS MATERIALIZED (
    SELECT r.*, r.x + dx AS near_x, r.y + dy AS near_y, r.z + dz AS near_z
    FROM request r, generate_series(-1, 1) dx, generate_series(-1, 1) dy, generate_series(-1, 1) dz
    WHERE r.is_duplicate AND r.is_joinable
)
SELECT DISTINCT ON (d.id) d.id, o.id
FROM looking d
JOIN request o ON o.class_code = d.class_code AND o.kind = d.kind AND o.x = d.near_x AND o.y = d.near_y AND o.z = d.near_z
WHERE NOT o.is_duplicate AND o.id <> d.id
  AND o.reported_at BETWEEN d.reported_at - make_interval(days => %(days)s) AND d.reported_at + interval '1 day'
  AND ST_DWithin(o.point::geography, d.point::geography, %(near_m)s)
ORDER BY d.id, ST_Distance(o.point::geography, d.point::geography), o.reported_at, o.id
"""
_DAY_S = 86_400


def pairs(profile: rules.Profile) -> list[tuple[int, int]]:
    """Return (duplicate, main) ids that are still to be joined."""
    if not profile.duplicates:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        # A degree of longitude is at least 40 km below 69 degrees of latitude; the exact distance is asked besides.
        cursor.execute(_SQL, {
            "profile": profile.code, "near_m": profile.duplicate_near_m, "days": profile.duplicate_days,
            "degrees": profile.duplicate_near_m / 40_000, "span_s": (profile.duplicate_days + 1) * _DAY_S,
        })  # fmt: skip
        found = [(row[0], row[1]) for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_nestloop = on")  # where this is a part of somebody's larger transaction
        return found


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
