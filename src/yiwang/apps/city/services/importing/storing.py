"""One batch of requests as cases, reports, clocks and events: everything by COPY, in the caller's transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from yiwang.apps.city.models import CityCase, ImportedRequest, ImportRun
from yiwang.apps.city.rules import importing as rules
from yiwang.apps.city.services.importing.laying import Layout
from yiwang.kernel.audit import rules as chain_rules
from yiwang.kernel.audit import services as audit
from yiwang.kernel.audit.contracts import CaseRef
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, CaseOrg, Clock, ClockChange, MatterVersion, Report
from yiwang.kernel.geography.loading import copy_rows, point
from yiwang.kernel.worktime.contracts import Kind

CHANNEL = "import"  # of the reports: (channel, source key) is unique, so a second import doubles nothing
MODE = "imported"
OPEN, CLOSED = "handling", "closed"


def source_key(profile: rules.Profile, key: str) -> str:
    return f"{profile.code}:{key}"


@dataclass(frozen=True)
class Row:
    """A request with the keys and names that its rows share."""

    request: rules.Request
    case_id: int
    case_uid: UUID
    report_uid: UUID
    area_path: str
    org_id: int


def _ids(table: str, count: int) -> list[int]:
    """Draw keys one by one, because reports may be coming in meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [row[0] for row in cursor.fetchall()]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class Batch:
    """Stores requests of one run; `defaults` are points that are no place."""

    def __init__(self, layout: Layout, version: MatterVersion, run: ImportRun, defaults: set[tuple[float, float]]) -> None:
        self.layout, self.version, self.run, self.defaults = layout, version, run, defaults
        self.profile = layout.profile

    def store(self, requests: Sequence[rules.Request]) -> int:
        """Store the requests; returns how many lie on a default point."""
        if not requests:
            return 0
        rows = [
            Row(r, case_id, uuid7(_milliseconds(r.opened)), uuid7(_milliseconds(r.opened)),
                self.layout.area(r.area).path, self.layout.body(r.department).pk)
            for r, case_id in zip(requests, _ids(Case._meta.db_table, len(requests)), strict=True)
        ]  # fmt: skip
        chains = chain_rules.Chains()
        # Events point at nothing, so they are written first, and the cases are stored with their chains' heads.
        audit.record_many((line for row in rows for line in self._events(row)), chains=chains)
        self._cases(rows, chains)
        self._reports(rows)
        self._typed(rows)
        self._clocks([row for row in rows if row.request.due is not None])
        copy_rows(CaseOrg._meta.db_table, ["case_id", "org_id", "org_path", "part"],
                  [(r.case_id, r.org_id, self.layout.body(r.request.department).path, "lead") for r in rows])  # fmt: skip
        return sum(1 for row in rows if row.request.point in self.defaults)

    def _events(self, row: Row) -> Iterator[dict[str, Any]]:
        request, recorded = row.request, now()
        case = CaseRef(id=row.case_id, uid=row.case_uid, area_path=row.area_path, org_id=row.org_id,
                       matter=self.version.matter.code, mode=MODE)  # fmt: skip
        facts = {"report": row.report_uid, "channel": request.channel, "source": self.profile.code,
                 "source_key": request.key, "due": request.due}  # fmt: skip
        yield audit.line(
            self.layout.actor, action="report", region=self.profile.region, case=case, occurred_at=request.opened,
            recorded_at=recorded, to_state=OPEN, data={k: v for k, v in facts.items() if v is not None}, point=request.point,
        )
        if request.closed is not None:
            yield audit.line(
                self.layout.actor, action="complete", region=self.profile.region, case=case, occurred_at=request.closed,
                recorded_at=recorded, step="close", from_state=OPEN, to_state=CLOSED, outcome="close",
                data={"resolution": request.resolution},
            )

    def _cases(self, rows: list[Row], chains: chain_rules.Chains) -> None:
        columns = [
            "id", "uid", "region", "app", "matter_id", "matter_version_id", "title", "description", "state", "outcome",
            "mode", "channel", "area_id", "area_path", "org_id", "org_path", "point", "address", "data", "reported_at",
            "filed_at", "dispatched_at", "handled_at", "closed_at", "due_at", "event_count", "event_head",
        ]  # fmt: skip
        version = self.version

        def values(row: Row) -> tuple[Any, ...]:
            r, head = row.request, chains.heads[row.case_id]
            area, body = self.layout.area(r.area), self.layout.body(r.department)
            outcome = ("duplicate" if r.is_duplicate else CLOSED) if r.closed else ""
            return (
                row.case_id, row.case_uid, self.profile.region, version.matter.app, version.matter_id, version.pk,
                r.type[:200], r.text, CLOSED if r.closed else OPEN, outcome, MODE, r.channel, area.pk, area.path,
                body.pk, body.path, _place(r), r.address, self._facts(r), r.opened, r.opened, r.opened, r.closed, r.closed,
                None if r.closed else r.due, head.count, head.head,
            )

        copy_rows(Case._meta.db_table, columns, [values(row) for row in rows])

    def _facts(self, request: rules.Request) -> dict[str, str]:
        facts = {"source": self.profile.code, "source_key": request.key, "group": request.group, **request.kept}
        return {name: value for name, value in facts.items() if value}

    def _reports(self, rows: list[Row]) -> None:
        received = now()
        copy_rows(
            Report._meta.db_table,
            ["uid", "case_id", "first_case_id", "opened_case", "channel", "text", "point", "address", "area_path", "mode",
             "source_key", "occurred_at", "received_at"],
            [(row.report_uid, row.case_id, row.case_id, True, CHANNEL, row.request.text, _place(row.request),
              row.request.address, row.area_path, MODE, source_key(self.profile, row.request.key), row.request.opened,
              received) for row in rows],
        )  # fmt: skip

    def _typed(self, rows: list[Row]) -> None:
        def typed(row: Row) -> tuple[Any, ...]:
            found = self.layout.city_class(row.request.type)
            area = self.layout.area(row.request.area)
            district = area.pk if area.level == "district" else None
            return (row.case_id, found.kind, found.code, dict(found.name), district, row.request.point in self.defaults)

        copy_rows(CityCase._meta.db_table, ["case_id", "kind", "class_code", "class_name", "district_id", "place_is_default"],
                  [typed(row) for row in rows])  # fmt: skip
        copy_rows(
            ImportedRequest._meta.db_table,
            ["case_id", "run_id", "profile", "source_key", "source_status", "source_flag", "resolution", "is_duplicate",
             "is_counted", "as_of"],
            [(row.case_id, self.run.pk, self.profile.code, row.request.key, row.request.status, row.request.flag,
              row.request.resolution, row.request.is_duplicate, row.request.is_counted, self.profile.as_of) for row in rows],
        )  # fmt: skip

    def _clocks(self, rows: list[Row]) -> None:
        """The city's own target as a continuous clock: its arithmetic is theirs, so only the moments are kept."""
        ids = _ids(Clock._meta.db_table, len(rows))
        clocks, changes = [], []
        for clock_id, row in zip(ids, rows, strict=True):
            opened, due, closed = row.request.opened, row.request.due, row.request.closed
            assert due is not None
            limit = max(0, round((due - opened).total_seconds() / 60))
            used = max(0.0, (closed - opened).total_seconds() / 60) if closed else 0.0
            clocks.append((
                clock_id, row.case_id, "case", Kind.URGENT_MINUTE.value, limit, limit, limit, used,
                None if closed else opened, opened, due, closed, "ended" if closed else "running",
            ))  # fmt: skip
            changes.append((clock_id, "start", "report", opened, 0.0, due, self.layout.actor.name, self.profile.source[:500]))
            if closed:
                changes.append((clock_id, "end", "complete", closed, used, due, self.layout.actor.name, ""))
        copy_rows(
            Clock._meta.db_table,
            ["id", "case_id", "name", "unit", "limit_value", "limit_minutes", "total_minutes", "consumed_minutes",
             "running_since", "started_at", "due_at", "stopped_at", "state"],
            clocks,
        )  # fmt: skip
        copy_rows(
            ClockChange._meta.db_table,
            ["clock_id", "change", "action", "at", "consumed_minutes", "due_at", "by_name", "reason"],
            changes,
        )


def _place(request: rules.Request) -> str | None:
    return None if request.point is None else point(*request.point)
