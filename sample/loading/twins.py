"""Twins of played cases: the same engine state, tasks and clocks at another place, some minutes earlier, by COPY.

What hangs on time is counted anew by the platform's own rule (`cases.rules.clocks`), what hangs on place comes from the
one place query, and the record is chained anew, so that a twin is as good as a played case.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from psycopg.types.json import Jsonb

from sample import calendar
from sample.loading import chain
from sample.loading.chain import Chain
from sample.loading.history import MATTER
from sample.loading.known import Known
from sample.loading.sheets import dumps, write
from sample.spec import ZONE, Spec, uid
from sample.story import Story, Twin
from yiwang.apps.city.models import CityCase
from yiwang.kernel.audit.models import Event
from yiwang.kernel.cases.models import Case, CaseActor, CaseOrg, Clock, ClockChange, EngineState, Report, Task, Timer
from yiwang.kernel.cases.rules import clocks as rules
from yiwang.kernel.cases.rules.clocks import ClockEffect, ClockState
from yiwang.kernel.cases.services.clocks import WARN_SHARE
from yiwang.kernel.cases.services.numbering import next_in
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.geography.loading import reserve_ids
from yiwang.kernel.geography.queries import place
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.rules import deadlines

Row = dict[str, Any]
NOT_COPIED = {"search"}  # kept by a trigger


def fetch(model: type[models.Model], column: str, keys: Sequence[Any]) -> dict[Any, list[Row]]:
    """Return rows as dicts by the value of a column, in the order of their keys."""
    columns = [f.column for f in model._meta.local_concrete_fields if f.column not in NOT_COPIED]
    order = "id" if "id" in columns else column
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(connection.ops.quote_name(c) for c in columns)} FROM {model._meta.db_table}"
            f" WHERE {column} = ANY(%s) ORDER BY {order}",
            [list(keys)],
        )
        found: dict[Any, list[Row]] = defaultdict(list)
        for values in cursor.fetchall():
            row = dict(zip(columns, values, strict=True))
            found[row[column]].append(row)
    return found


class Out:
    """Rows that wait to be copied, by table; JSON is wrapped once here."""

    def __init__(self) -> None:
        self.rows: dict[type[models.Model], list[Row]] = defaultdict(list)

    def add(self, model: type[models.Model], row: Row, **changes: Any) -> Row:
        made = {**row, **changes}
        self.rows[model].append(made)
        return made

    def flush(self) -> None:
        order = (Case, Report, CityCase, Task, Clock, ClockChange, Timer, CaseOrg, CaseActor, EngineState, Attachment)
        for model in order:
            rows = self.rows.pop(model, [])
            if not rows:
                continue
            names = list(rows[0])
            as_json = {f.column for f in model._meta.local_concrete_fields if isinstance(f, models.JSONField)}
            quote = connection.ops.quote_name
            sql = f"COPY {quote(model._meta.db_table)} ({', '.join(quote(n) for n in names)}) FROM STDIN"
            write(sql, ([_cell(r[n], n in as_json) for n in names] for r in rows))
        if self.rows:
            raise RuntimeError(f"nobody copies {', '.join(m.__name__ for m in self.rows)}")


def _cell(value: Any, as_json: bool) -> Any:
    if as_json and value is not None:
        return value if isinstance(value, str) else Jsonb(value)
    return bytes(value) if isinstance(value, memoryview) else value


class Doubler:
    def __init__(self, spec: Spec, known: Known, played: list[Story]) -> None:
        self.spec, self.known, self.out = spec, known, Out()
        self.stories = {s.index: s for s in played}
        self.lines: list[tuple[Any, ...]] = []

    @transaction.atomic
    def run(self, twins: Sequence[Twin]) -> None:
        """Store all twins in one transaction."""
        if not twins:
            return
        wanted = {self.stories[t.of].report_uid: t.of for t in twins}
        reports = {r["uid"]: r for rows in fetch(Report, "uid", list(wanted)).values() for r in rows}
        case_of = {of: reports[report]["case_id"] for report, of in wanted.items() if report in reports}
        twins = [t for t in twins if t.of in case_of]
        ids = list(set(case_of.values()))
        self.cases = {pk: rows[0] for pk, rows in fetch(Case, "id", ids).items()}
        self.of_case = {m: fetch(m, "case_id", ids) for m in (Report, CityCase, Task, Clock, Timer, CaseOrg, CaseActor, EngineState)}
        self.changes = fetch(ClockChange, "clock_id", [c["id"] for rows in self.of_case[Clock].values() for c in rows])
        self.events = fetch(Event, "case_id", ids)
        self.files = fetch(Attachment, "subject_uid", [c["uid"] for c in self.cases.values()])
        self.keys = {m: iter(reserve_ids(m._meta.db_table, self._count(m, twins, case_of))) for m in
                     (Case, Report, Task, Clock, ClockChange, Timer, CaseOrg, CaseActor, Attachment)}  # fmt: skip
        for twin in twins:
            self._one(twin, case_of[twin.of])
        self.out.flush()
        chain.check(self.lines[0])
        write(chain.SQL, self.lines)

    def _count(self, model: type[models.Model], twins: Sequence[Twin], case_of: dict[int, int]) -> int:
        per: dict[int, int] = {}
        for pk, case in self.cases.items():
            if model is Case:
                per[pk] = 1
            elif model is ClockChange:
                per[pk] = sum(len(self.changes[c["id"]]) for c in self.of_case[Clock][pk])
            elif model is Timer:
                per[pk] = 2 * len(self.of_case[Clock][pk]) + len(self.of_case[Timer][pk])
            elif model is Attachment:
                per[pk] = len(self.files[case["uid"]])
            else:
                per[pk] = len(self.of_case[model][pk])
        return max(1, sum(per[case_of[t.of]] for t in twins))

    # --- one twin --------------------------------------------------------------------------------------------------------

    def _one(self, twin: Twin, first_id: int) -> None:
        self.twin, self.rng = twin, self.spec.stream("twin-uids", twin.index)
        self.shift = timedelta(seconds=twin.shift_s)
        first, case_id = self.cases[first_id], next(self.keys[Case])
        self.facts = place(*twin.point)
        grid_id, self.path = self.known.areas[twin.grid]
        self.point = f"SRID=4326;POINT({twin.point[0]!r} {twin.point[1]!r})"
        self.swap: dict[str, str] = {str(first["uid"]): str(twin.uid)}
        filed = self._moved(first["filed_at"])
        self._files(first)
        tasks = self._tasks(first_id, case_id)
        due = self._clocks(first_id, case_id, tasks)
        self._report(first_id, case_id)
        self._city(first_id, case_id)
        for model, column in ((CaseOrg, "org_id"), (CaseActor, "account_id")):
            for row in self.of_case[model][first_id]:
                if row[column] is not None:
                    self.out.add(model, row, id=next(self.keys[model]), case_id=case_id)
        for row in self.of_case[EngineState][first_id]:
            self.out.add(EngineState, row, case_id=case_id, state=bytes(row["state"]))
        number = self._number(first, filed)
        head = self._record(first, case_id, number)
        moved = {c: self._moved(first[c]) for c in ("reported_at", "filed_at", "dispatched_at", "handled_at")}
        data = first["data"] if isinstance(first["data"], str) else dumps(first["data"])
        self.out.add(
            Case, first, id=case_id, uid=twin.uid, number=number, title=twin.title, description=twin.text, address=twin.address,
            area_id=grid_id, area_path=self.path, point=self.point, data=self._swapped(data), due_at=due, event_count=head.count,
            event_head=head.head, version=head.count, **moved,
        )  # fmt: skip

    def _moved(self, moment: datetime | None) -> datetime | None:
        return moment + self.shift if moment is not None else None

    def _swapped(self, text: str) -> str:
        for old, new in self.swap.items():
            text = text.replace(old, new)
        return text

    def _files(self, first: Row) -> None:
        for row in self.files[first["uid"]]:
            own = uid(self.rng, self._moved(row["uploaded_at"]))
            self.swap[str(row["uid"])] = str(own)
            near = (self.twin.point[0] + self.rng.gauss(0, 6e-5), self.twin.point[1] + self.rng.gauss(0, 5e-5))
            moved = {c: self._moved(row[c]) for c in ("uploaded_at", "claimed_at", "taken_at")}
            self.out.add(Attachment, row, id=next(self.keys[Attachment]), uid=own, subject_uid=self.twin.uid, area_path=self.path,
                         exif_lon=near[0], exif_lat=near[1], **moved)  # fmt: skip

    def _tasks(self, first_id: int, case_id: int) -> dict[int, Row]:
        made: dict[int, Row] = {}
        old_path = self.cases[first_id]["area_path"]
        for row in self.of_case[Task][first_id]:
            own = uid(self.rng, self._moved(row["opened_at"]))
            self.swap[str(row["uid"])] = str(own)
            moved = {c: self._moved(row[c]) for c in ("opened_at", "seen_at", "due_at", "done_at")}
            parent = made[row["parent_id"]]["id"] if row["parent_id"] in made else None
            made[row["id"]] = self.out.add(
                Task, row, id=next(self.keys[Task]), uid=own, case_id=case_id, parent_id=parent,
                area_path=self.path if row["area_path"] == old_path else row["area_path"], **moved,
            )  # fmt: skip
        return made

    def _clocks(self, first_id: int, case_id: int, tasks: dict[int, Row]) -> datetime | None:
        """Let the clocks run through their changes at the moved moments; returns what runs out next."""
        running: list[tuple[str, datetime]] = []
        for row in self.of_case[Clock][first_id]:
            add, between = self._arithmetic(row["unit"])
            pk = next(self.keys[Clock])
            state: ClockState | None = None
            for line in self.changes[row["id"]]:
                at = line["at"] + self.shift
                state = rules.start(row["limit_minutes"], at, add) if state is None else rules.apply(
                    state, ClockEffect(line["change"]), at, add, between)  # fmt: skip
                self.out.add(ClockChange, line, id=next(self.keys[ClockChange]), clock_id=pk, at=at,
                             consumed_minutes=state.consumed_minutes, due_at=state.due_at, event_uid=None)  # fmt: skip
            if state is None:
                continue
            task = tasks.get(row["task_id"])
            self.out.add(
                Clock, row, id=pk, case_id=case_id, task_id=task["id"] if task else None, total_minutes=int(state.total_minutes),
                consumed_minutes=state.consumed_minutes, running_since=state.running_since, started_at=self._moved(row["started_at"]),
                due_at=state.due_at, stopped_at=self._moved(row["stopped_at"]), state=state.state,
            )  # fmt: skip
            if task and task["state"] == "open":
                task["due_at"] = state.due_at
            if state.running_since is not None:
                running.append((row["name"], state.due_at))
                self._timers(case_id, pk, state, add)
        for row in self.of_case[Timer][first_id]:
            if row["clock_id"] is None and row["fired_at"] is None:  # the end of a suspension keeps its day
                self.out.add(Timer, row, id=next(self.keys[Timer]), case_id=case_id)
        disposal = [due for name, due in running if name in ("case", "department")]
        return min(disposal or [due for _name, due in running], default=None)

    def _timers(self, case_id: int, clock_id: int, state: ClockState, add: rules.Add) -> None:
        """Set the two warnings as `cases.services.clocks` does."""
        blank = {"engine_id": "", "fired_at": None, "tries": 0, "last_error": ""}
        left = state.total_minutes * WARN_SHARE - state.consumed_minutes
        wanted = [("warn", add(state.running_since, left))] if left > 0 and state.running_since else []
        if state.total_minutes > state.consumed_minutes:
            wanted.append(("overdue", state.due_at))
        for kind, due in wanted:
            self.out.add(Timer, {"id": next(self.keys[Timer]), "kind": kind, "due_at": due, "case_id": case_id, "clock_id": clock_id, **blank})

    @staticmethod
    def _arithmetic(unit: str) -> tuple[rules.Add, rules.Between]:
        book, kind = calendar.chinese(), Kind(unit)

        def add(start: datetime, minutes: float) -> datetime:
            return deadlines.add_minutes(start, minutes, kind, book)

        return add, partial(_between, kind=kind)

    def _report(self, first_id: int, case_id: int) -> None:
        twin = self.twin
        row = self.of_case[Report][first_id][0]
        self.swap[str(row["uid"])] = str(twin.report_uid)
        data = row["data"] if isinstance(row["data"], str) else dumps(row["data"])
        self.out.add(
            Report, row, id=next(self.keys[Report]), uid=twin.report_uid, case_id=case_id, first_case_id=case_id, text=twin.text,
            data=self._swapped(data), point=self.point, address=twin.address, area_path=self.path, query_code=twin.query_code,
            occurred_at=self._moved(row["occurred_at"]), received_at=self._moved(row["received_at"]),
        )  # fmt: skip

    def _city(self, first_id: int, case_id: int) -> None:
        row, facts, areas = self.of_case[CityCase][first_id][0], self.facts, self.known.areas
        near = facts.nearest_asset
        self.out.add(
            CityCase, row, case_id=case_id, component_id=self.known.assets[self.twin.component] if self.twin.component else None,
            nearest_asset_id=near.id if near else None, nearest_m=near.distance_m if near else None,
            community_id=areas[self.twin.grid[:12]][0], unit_grid_id=areas[self.twin.grid][0],
            responsibility_grid_id=self.known.patrols[self.twin.patrol], recurrence_of_id=None, same_picture_case_id=None,
        )  # fmt: skip

    def _number(self, first: Row, filed: datetime | None) -> str | None:
        if first["number"] is None or filed is None:
            return None
        day = filed.astimezone(ZONE).strftime("%Y%m%d")
        drawn = next_in(f"{MATTER}:{first['region']}:{day}")
        return f"{first['region']}{day}{drawn:06d}"

    def _record(self, first: Row, case_id: int, number: str | None) -> Chain:
        made = Chain(region=first["region"], case_id=case_id, case_uid=self.twin.uid, area_path=self.path, matter=MATTER)
        if first["number"] and number:
            self.swap[first["number"]] = number
        for row in sorted(self.events[first["id"]], key=lambda r: r["case_seq"]):
            data = row["data"] if isinstance(row["data"], dict) else json.loads(row["data"])
            text = self._swapped(json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
            task = self.swap.get(str(row["task_uid"])) if row["task_uid"] else None
            actor = (row["actor_kind"], row["actor_id"], row["actor_name"], row["post_id"], row["post_name"], row["org_id"])
            point = None if row["lon"] is None else self.twin.point
            self.lines.append(made.line(
                (row["recorded_at"] + self.shift).astimezone(UTC), row["action"], step=row["step"], task_uid=UUID(task) if task else None,
                from_state=row["from_state"], to_state=row["to_state"], outcome=row["outcome"], data=text, org_id=row["case_org_id"],
                actor=actor, point=point,
            ))  # fmt: skip
        return made


def _between(start: datetime, end: datetime, *, kind: Kind) -> float:
    return deadlines.minutes_between(start, end, kind, calendar.chinese())
