"""A year of closed cases by COPY: cases, reports, tasks, clocks, the chained record."""

import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, connections, transaction

from sample.loading import chain
from sample.loading.acts import acts
from sample.loading.chain import Chain
from sample.loading.known import Known
from sample.loading.sheets import Sheet, dumps, write
from sample.spec import ZONE, Spec, uid
from sample.story import Story
from yiwang.apps.city.models import CityCase, PlantedDuplicate
from yiwang.kernel.audit.services import ensure_partitions
from yiwang.kernel.cases.config import of_version
from yiwang.kernel.cases.models import (
    Case,
    CaseActor,
    CaseOrg,
    Clock,
    ClockChange,
    NumberSeries,
    Rating,
    Report,
    Task,
)
from yiwang.kernel.geography.loading import reserve_ids

CHUNK = 2500
MATTER = "city.problem"
CASE = ("id", "uid", "region", "app", "matter_id", "matter_version_id", "number", "title", "description", "state", "outcome", "channel",
        "is_urgent", "is_sample", "area_id", "area_path", "org_id", "org_path", "point", "address", "data", "filing_row_id", "reported_at",
        "filed_at", "dispatched_at", "handled_at", "closed_at", "rework_count", "extension_count", "event_count", "event_head", "version",
        "created_at")  # fmt: skip
REPORT = ("id", "uid", "case_id", "opened_case", "first_case_id", "channel", "reporter_account_id", "reporter_client_id", "text", "point",
          "address", "area_path", "query_code", "occurred_at", "received_at")  # fmt: skip
CITY_CASE = ("case_id", "kind", "class_code", "class_name", "component_id", "district_id", "street_id", "community_id", "unit_grid_id",
             "responsibility_grid_id", "condition_id", "closing_confirmed", "verified", "verify_result", "dispatch_rule", "self_handled",
             "reported_by_inspector_id")  # fmt: skip
TASK = ("id", "uid", "case_id", "kind", "step", "name", "parent_id", "state", "permission", "area_path", "org_id", "org_path", "is_urgent",
        "data", "opened_at", "seen_at", "due_at", "done_at", "done_by_id", "done_by_name", "action", "outcome")  # fmt: skip
CLOCK = ("id", "case_id", "task_id", "name", "step", "unit", "limit_value", "limit_minutes", "total_minutes", "consumed_minutes",
         "started_at", "due_at", "stopped_at", "state", "manual_row_id", "calendar_code")  # fmt: skip
CHANGE = ("clock_id", "change", "action", "at", "consumed_minutes", "due_at", "by_name")
NOBODY = ("public", None, "", None, "", None)


class Writer:
    """Turns stories into rows of ten tables. Ids were reserved before, so two writers can work at once."""

    def __init__(self, spec: Spec, known: Known, stories: Sequence[Story]) -> None:
        self.spec, self.known = spec, known
        self.config = of_version(known.version_id)
        self.states = {s: str(v["state"]) for s, v in known.steps.items()}
        self.names = {s: dumps(v["name"]) for s, v in known.steps.items()}
        self.requests = {"extension": self.config.request_stages("extension", 0)[0], "force_close": self.config.request_stages("force_close", 0)[0]}
        self.request_names = {"extension": dumps({"zh-Hans": "延期审批", "en": "Decide the extension"}),
                              "force_close": dumps({"zh-Hans": "强制结案审批", "en": "Decide the forced closing"})}  # fmt: skip
        self.classes = {key: dumps(name) for key, name in known.classes.items()}
        self.grid_level = {code: ids for code, ids in known.areas.items() if len(code) == 15}
        self.case_of = self._ids(Case, [1] * len(stories), stories)
        self.report_of = self._ids(Report, [1] * len(stories), stories)
        self.task_of = self._ids(Task, [len(s.steps) for s in stories], stories)
        self.clock_of = self._ids(Clock, [len(s.clocks) for s in stories], stories)
        self.uid_of = {s.index: s.uid for s in stories}
        self.joined: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
        for story in stories:
            if story.main is not None and story.closed_at is not None:
                self.joined[story.main].append((story.closed_at, str(story.uid)))
        self.actors: dict[str, tuple[Any, ...]] = {
            name: ("person", p.id, p.name, p.post_id, p.post_name, p.org_id) for name, p in known.people.items()
        }
        self.client = ("client", known.client_id, known.client_name, None, "", None)

    @staticmethod
    def _ids(model: type[Any], counts: list[int], stories: Sequence[Story]) -> dict[int, int]:
        """Reserve keys for all stories; returns the first of each by the story's index."""
        first = reserve_ids(model._meta.db_table, sum(counts)).start
        found = {}
        for story, count in zip(stories, counts, strict=True):
            found[story.index] = first
            first += count
        return found

    def sheets(self) -> dict[str, Sheet]:
        moment = self.spec.end
        models_ = {"case": (Case, CASE), "report": (Report, REPORT), "city": (CityCase, CITY_CASE), "task": (Task, TASK),
                   "clock": (Clock, CLOCK), "change": (ClockChange, CHANGE), "org": (CaseOrg, ("case_id", "org_id", "org_path", "part")),
                   "actor": (CaseActor, ("case_id", "account_id", "step")),
                   "rating": (Rating, ("case_id", "report_id", "score", "rated_at"))}  # fmt: skip
        return {name: Sheet(model, columns, moment) for name, (model, columns) in models_.items()}

    def run(self, stories: Sequence[Story]) -> None:
        """Write the stories in chunks, each in one transaction."""
        for start in range(0, len(stories), CHUNK):
            sheets, lines = self.sheets(), []
            for story in stories[start : start + CHUNK]:
                self.one(story, sheets, lines)
            chain.check(lines[0])
            chain.check(lines[-1])
            with transaction.atomic():
                with connection.cursor() as cursor:
                    # What is loaded can be loaded again: the disk need not confirm every chunk.
                    cursor.execute("SET LOCAL synchronous_commit = off")
                for name in ("case", "report", "city", "task", "clock", "change", "org", "actor", "rating"):
                    sheets[name].flush()
                write(chain.SQL, lines)

    def one(self, story: Story, sheets: dict[str, Sheet], lines: list[tuple[Any, ...]]) -> None:
        known, case_id = self.known, self.case_of[story.index]
        grid_id, path = known.areas[story.grid]
        org_id, org_path = known.orgs[story.org] if story.org else (None, "")
        tasks = self._tasks(story, case_id, path, sheets)
        record = Chain(region=story.district, case_id=case_id, case_uid=story.uid, area_path=path, matter=MATTER)
        actors: dict[tuple[int, str], None] = {}
        main_uid = str(self.uid_of[story.main]) if story.main is not None else ""
        for act in acts(story, self.states, self.joined.get(story.index, []), main_uid):
            who = self._actor(story, act.action, act.who)
            busy = org_id if story.dispatched_at is not None and act.at >= story.dispatched_at else None
            at = act.at.astimezone(UTC)
            lines.append(record.line(
                at, act.action, step=act.step, task_uid=tasks[act.step_index] if act.step_index >= 0 else None, from_state=act.from_state,
                to_state=act.to_state, outcome=act.outcome, data=_sorted(act.data), org_id=busy, actor=who,
                point=story.point if act.action == "report" else None,
            ))  # fmt: skip
            if who[0] == "person" and (act.step or (act.action == "report" and story.channel == "inspector")):
                actors[who[1], act.step or "report"] = None
        point = f"SRID=4326;POINT({story.point[0]!r} {story.point[1]!r})"
        row = known.manual.get(story.condition)
        sheets["case"].add(
            case_id, story.uid, story.district, "city", known.matter_id, known.version_id, story.number or None, story.title, story.text,
            story.outcome, story.outcome, story.channel, story.urgent, True, grid_id, path, org_id, org_path, point, story.address, "{}",
            row, story.reported_at, story.filed_at, story.dispatched_at, story.handled_at, story.closed_at, story.reworks, story.extensions,
            record.count, record.head, record.count, story.reported_at,
        )  # fmt: skip
        inspector = known.people[story.reporter].id if story.reporter and story.channel == "inspector" else None
        if story.main is None:
            sheets["report"].add(*self.report(story, path, point))
        verify = next((s.outcome for s in story.steps if s.step in ("verify", "verify_parallel") and s.done_at), "")
        sheets["city"].add(
            case_id, story.kind, story.class_code, self.classes[story.kind, story.class_code],
            known.assets[story.component] if story.component else None, known.areas[story.district][0], known.areas[story.street][0],
            known.areas[story.grid[:12]][0], grid_id, known.patrols[story.patrol], row, story.outcome == "closed", story.verified, verify,
            story.rule, story.self_handled, inspector,
        )  # fmt: skip
        if org_id:
            sheets["org"].add(case_id, org_id, org_path, "lead")
        for account, step in actors:
            sheets["actor"].add(case_id, account, step)
        if story.rating and story.closed_at is not None:
            sheets["rating"].add(case_id, self.report_of[story.index], story.rating, story.closed_at)

    def report(self, story: Story, path: str, point: str) -> tuple[Any, ...]:
        """Return the cells of a story's report; of a joined one it hangs on the main case."""
        case_id = self.case_of[story.index]
        reporter = self.known.people[story.reporter].id if story.reporter else None
        client = self.known.client_id if story.channel in ("open311", "sensor") else None
        joined = story.main is not None
        return (self.report_of[story.index], story.report_uid, self.case_of[story.main] if story.main is not None else case_id, not joined,
                case_id, story.channel, reporter, client, story.text, point, story.address, path, story.query_code, story.reported_at,
                story.reported_at)  # fmt: skip

    def _actor(self, story: Story, action: str, who: str) -> tuple[Any, ...]:
        if who:
            return self.actors[who]
        if action == "merged_in":
            return self.actors["acceptor"]
        return self.client if story.channel in ("open311", "sensor") else NOBODY

    def _tasks(self, story: Story, case_id: int, path: str, sheets: dict[str, Sheet]) -> list[UUID]:
        """Add the story's tasks and clocks; returns the tasks' uids."""
        known, first = self.known, self.task_of[story.index]
        rng = self.spec.stream("task-uids", story.index)
        uids, handle = [], None
        for at, step in enumerate(story.steps):
            own = uid(rng, step.opened_at)
            uids.append(own)
            process = step.kind == "process"
            if step.step == "handle":
                handle = first + at
            org_id, org_path = known.orgs[step.org] if step.org else (None, "")
            person = known.people[step.who] if step.who else None
            sheets["task"].add(
                first + at, own, case_id, step.kind, step.step, self.names[step.step] if process else self.request_names[step.kind],
                None if process else handle, "done" if step.done_at else "cancelled",
                known.steps[step.step]["permission"] if process else self.requests[step.kind], path, org_id, org_path, story.urgent,
                "{}" if process else dumps({"reason": step.reason, "stage": 0}), step.opened_at, step.done_at, step.due_at,
                step.done_at or story.closed_at, person.id if person else None, person.name if person else "",
                step.action if step.done_at else "", step.outcome if step.done_at and step.action != "merge" else "",
            )  # fmt: skip
        row = known.manual.get(story.condition)
        for at, clock in enumerate(story.clocks):
            pk = self.clock_of[story.index] + at
            task = handle if clock.name == "department" else None
            sheets["clock"].add(
                pk, case_id, task, clock.name, "handle" if task else "", clock.unit, clock.value, clock.minutes, clock.total, clock.consumed,
                clock.started_at, clock.due_at, clock.stopped_at, "ended", row, known.calendar,
            )  # fmt: skip
            for change, action, moment, consumed, due, by in clock.lines:
                sheets["change"].add(pk, change, action, moment, consumed, due, known.people[by].name if by else "")
        return uids


def _sorted(data: dict[str, Any]) -> str:
    """Return JSON as the record's hash wants it: keys sorted, no spaces."""
    return dumps(dict(sorted(data.items()))) if len(data) > 1 else dumps(data)


def prepare(spec: Spec, known: Known, stories: list[Story]) -> Writer:
    """Make the partitions, reserve all keys and set the counters; after this writers may work in processes of their own."""
    ensure_partitions(spec.start, spec.end)
    with transaction.atomic():
        number_series(stories)
        return Writer(spec, known, stories)


def load(spec: Spec, known: Known, stories: list[Story]) -> None:
    """Write all closed cases in this process."""
    writer = prepare(spec, known, stories)
    writer.run(stories)
    finish(writer, stories)


def fork(work: Any) -> int:
    """Start a process that shares all values read so far and opens connections of its own."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        connections.close_all()
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


def wait(children: list[int]) -> None:
    failed = [pid for pid in children if os.waitpid(pid, 0)[1] != 0]
    if failed:
        raise RuntimeError("a part of the sample could not be loaded; see above")


@transaction.atomic
def finish(writer: Writer, stories: list[Story]) -> None:
    """Write what points from one case to another, once all are stored."""
    known = writer.known
    sheet = Sheet(Report, REPORT, writer.spec.end)
    joined = [s for s in stories if s.main is not None]
    for story in joined:
        sheet.add(*writer.report(story, known.areas[story.grid][1], f"SRID=4326;POINT({story.point[0]!r} {story.point[1]!r})"))
    sheet.flush()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE yw_cases_case SET main_case_id = m.main FROM unnest(%s::bigint[], %s::bigint[]) AS m(id, main) WHERE yw_cases_case.id = m.id",
            [[writer.case_of[s.index] for s in joined], [writer.case_of[s.main] for s in joined if s.main is not None]],
        )
    planted = Sheet(PlantedDuplicate, ("case_id", "of_id"), writer.spec.end)
    for story in stories:
        if story.duplicate_of is not None:
            planted.add(writer.case_of[story.index], writer.case_of[story.duplicate_of])
    planted.flush()


def number_series(stories: Sequence[Story]) -> None:
    """Set the counters of the last days, so that what is filed next gets the next number."""
    last: dict[str, int] = {}
    for story in stories:
        if story.number and story.filed_at is not None:
            day = story.filed_at.astimezone(ZONE).strftime("%Y%m%d")
            name = f"{MATTER}:{story.district}:{day}"
            last[name] = max(last.get(name, 0), int(story.number[-6:]))
    NumberSeries.objects.bulk_create([NumberSeries(series=n, last=v) for n, v in sorted(last.items())], batch_size=500)

