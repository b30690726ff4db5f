"""The one statement for each source that makes facts from the record, the tasks, the clocks and the apps' typed tables.

The same text serves a handful of cases after their events and a million when everything is rebuilt: both give the same
rows by construction. `{scope}` says which cases, over the column it is given.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache

from yiwang.kernel.base.registry import dotted, manifests
from yiwang.kernel.indicators.contracts import FactColumns, Source
from yiwang.kernel.indicators.rules.vocabulary import KEYS, TABLES

Scope = Callable[[str], str]  # column -> condition
FINISHING = "('complete', 'rework', 'merge')"

_PLACE = """place AS MATERIALIZED (
    SELECT a.id, a.path, split_part(a.path, '.', 1)::bigint AS root_id,
           max(x.id) FILTER (WHERE x.level = 'district') AS district_id, max(x.id) FILTER (WHERE x.level = 'street') AS street_id,
           max(x.id) FILTER (WHERE x.level = 'community') AS community_id, max(x.id) FILTER (WHERE x.level = 'grid') AS grid_id
    FROM yw_areas_area a
    CROSS JOIN LATERAL unnest(string_to_array(rtrim(a.path, '.'), '.')::bigint[]) AS up(id)
    JOIN yw_areas_area x ON x.id = up.id
    WHERE a.id IN (SELECT area_id FROM yw_cases_case WHERE {case_scope})
    GROUP BY a.id
)"""

_PLACED = {
    "root_id": "p.root_id", "matter": "m.code", "mode": "c.mode", "area_path": "c.area_path", "district_id": "p.district_id",
    "street_id": "p.street_id", "community_id": "p.community_id", "grid_id": "p.grid_id", "channel": "c.channel",
    "outcome": "c.outcome", "is_urgent": "c.is_urgent",
}  # fmt: skip

_CASE = _PLACED | {
    "case_id": "c.id", "org_id": "c.org_id", "org_path": "c.org_path", "post_id": "NULL::bigint",
    "account_id": "first.reporter_account_id", "state": "c.state", "reported_at": "c.reported_at", "filed_at": "c.filed_at",
    "dispatched_at": "c.dispatched_at", "handled_at": "c.handled_at", "closed_at": "c.closed_at", "due_at": "k.due_at",
    "limit_minutes": "k.limit_minutes", "worked_minutes": "k.consumed_minutes", "returns": "c.return_count",
    "reworks": "c.rework_count", "extensions": "c.extension_count", "redispatches": "coalesce(ev.redispatches, 0)",
    "urges": "c.urge_count", "supervisions": "c.supervise_count", "reopens": "c.reopen_count", "was_suspended": "c.was_suspended",
    "recurs": "{recurs}", "score": "r.score",
}  # fmt: skip

_CASE_FROM = """
FROM yw_cases_case c
JOIN yw_cases_matter m ON m.id = c.matter_id
JOIN place p ON p.id = c.area_id
LEFT JOIN LATERAL (SELECT due_at, limit_minutes, consumed_minutes FROM yw_cases_clock WHERE case_id = c.id AND name = 'case' ORDER BY id DESC LIMIT 1) k ON true
LEFT JOIN LATERAL (SELECT reporter_account_id FROM yw_cases_report WHERE case_id = c.id ORDER BY id LIMIT 1) first ON true
LEFT JOIN (SELECT case_id, avg(score)::float8 AS score FROM yw_cases_rating WHERE {rating_scope} GROUP BY case_id) r ON r.case_id = c.id
LEFT JOIN (SELECT case_id, count(*)::int AS redispatches FROM yw_audit_event WHERE {event_scope} AND action = 'redispatch' GROUP BY case_id) ev ON ev.case_id = c.id
{joins}
WHERE {case_scope_c}
"""

_STAGE = _PLACED | {
    "task_id": "t.id", "case_id": "c.id", "mode": "t.mode", "org_id": "coalesce(t.org_id, ev.org_id)",
    "org_path": "CASE WHEN t.org_id IS NULL THEN coalesce(eo.path, '') ELSE t.org_path END", "post_id": "ev.post_id",
    "account_id": "coalesce(t.done_by_id, t.account_id)", "step": "t.step", "kind": "t.kind", "action": "t.action",
    "result": "t.outcome", "opened_at": "t.opened_at", "seen_at": "t.seen_at", "due_at": "t.due_at", "done_at": "t.done_at",
    "is_cancelled": "t.state = 'cancelled'", "is_returned": "t.action = 'return'",
    "is_extended": "coalesce(k.total_minutes > k.limit_minutes, false)", "is_repeated": "t.is_repeated", "round": "t.round",
    "limit_minutes": "k.limit_minutes", "worked_minutes": "CASE WHEN k.running_since IS NULL THEN k.consumed_minutes END",
    "paused_minutes": "coalesce(pause.minutes, 0)",
}  # fmt: skip

# A task has at most one clock of its own; a pause is looked for where the case was ever suspended.
_STAGE_FROM = """
FROM yw_cases_case c
JOIN yw_cases_matter m ON m.id = c.matter_id
JOIN place p ON p.id = c.area_id
JOIN (
    SELECT *, (row_number() OVER w)::int AS round, lead(id) OVER s IS NOT NULL AS is_repeated FROM yw_cases_task WHERE {task_scope}
    WINDOW w AS (PARTITION BY case_id, step, org_id ORDER BY id), s AS (PARTITION BY case_id, step ORDER BY id)
) t ON t.case_id = c.id
LEFT JOIN (
    SELECT DISTINCT ON (task_uid) task_uid, post_id, org_id FROM yw_audit_event
    WHERE {event_scope} AND task_uid IS NOT NULL AND action IN {finishing} ORDER BY task_uid, case_seq DESC
) ev ON ev.task_uid = t.uid
LEFT JOIN yw_identity_organization eo ON eo.id = ev.org_id
LEFT JOIN (
    SELECT DISTINCT ON (task_id) id, task_id, limit_minutes, total_minutes, consumed_minutes, running_since FROM yw_cases_clock
    WHERE {clock_scope} AND task_id IS NOT NULL AND name IN ('stage', 'department') ORDER BY task_id, id DESC
) k ON k.task_id = t.id
LEFT JOIN LATERAL (
    SELECT sum(extract(epoch FROM until - at) / 60)::float8 AS minutes FROM (
        SELECT change, at, lead(at) OVER (ORDER BY id) AS until FROM yw_cases_clockchange WHERE clock_id = k.id
    ) h WHERE change = 'pause' AND until IS NOT NULL
) pause ON c.was_suspended AND k.id IS NOT NULL
{joins}
{stage_joins}
WHERE {case_scope_c}
"""

_REPORT = _PLACED | {
    "report_id": "o.id", "case_id": "c.id", "mode": "o.mode", "channel": "o.channel", "org_id": "c.org_id", "org_path": "c.org_path",
    "post_id": "NULL::bigint", "account_id": "o.reporter_account_id", "opened_case": "o.opened_case",
    "received_at": "o.received_at", "occurred_at": "o.occurred_at", "filed_at": "c.filed_at",
}  # fmt: skip

_REPORT_FROM = """
FROM yw_cases_case c
JOIN yw_cases_matter m ON m.id = c.matter_id
JOIN place p ON p.id = c.area_id
JOIN yw_cases_report o ON o.case_id = c.id
{joins}
WHERE {case_scope_c}
"""

_PARTS = {Source.CASE: (_CASE, _CASE_FROM), Source.STAGE: (_STAGE, _STAGE_FROM), Source.REPORT: (_REPORT, _REPORT_FROM)}


@cache
def columns() -> dict[str, FactColumns]:
    """Return what each installed app tells of its cases, by the app's code."""
    return {code: dotted(m.facts) for code, m in manifests().items() if m.facts}


def _of_apps(name: str) -> str:
    """Return one expression over all apps: their columns are null for another app's cases."""
    found = [str(getattr(told, name)) for told in columns().values()]
    default = str(next(f.default for f in fields(FactColumns) if f.name == name))
    return f"coalesce({', '.join([*found, default])})"


def insert(source: Source, scope: Scope, *, table: str = "", upsert: bool = True) -> str:
    """Return INSERT ... SELECT of the facts of the cases in `scope`; with `upsert` rows that are there are replaced."""
    names, start = _PARTS[source]
    lifted = "lifted" if source is not Source.STAGE else "stage_lifted"
    told = {name: _of_apps(name) for name in ("class_code", "class_major", "beat_id", "is_counted", "as_of")} | {"lifted": _of_apps(lifted)}
    values = {name: sql.replace("{recurs}", _of_apps("recurs")) for name, sql in names.items()} | told
    body = start.format(
        case_scope_c=scope("c.id"), task_scope=scope("case_id"), event_scope=scope("case_id"), clock_scope=scope("case_id"),
        rating_scope=scope("case_id"), finishing=FINISHING, joins="\n".join(a.joins for a in columns().values()),
        stage_joins="\n".join(a.stage_joins for a in columns().values()),
    )  # fmt: skip
    key = KEYS[source]
    replaced = ", ".join(f"{n} = excluded.{n}" for n in values if n != key)
    conflict = f"\nON CONFLICT ({key}) DO UPDATE SET {replaced}" if upsert else ""
    return (
        f"INSERT INTO {table or TABLES[source]} ({', '.join(values)})\nWITH {_PLACE.format(case_scope=scope('id'))}\n"
        f"SELECT {', '.join(f'{sql} AS {n}' for n, sql in values.items())}{body}{conflict}"
    )
