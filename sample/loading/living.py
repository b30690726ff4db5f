"""Open cases, driven through the platform's own services at the moments of their stories: real engine state, real clocks."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import connection

from sample.loading import pictures
from sample.loading.ground import CLIENT_KEY
from sample.loading.known import Known
from sample.names import person
from sample.people import People
from sample.spec import ZONE, Spec
from sample.story import Step, Story
from yiwang.apps.city.models import PlantedDuplicate
from yiwang.apps.city.services.judging import checks
from yiwang.kernel.base import clock
from yiwang.kernel.base import uid as uids
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.cases.contracts import ActionRequest, PersonDraft, ReportDraft
from yiwang.kernel.cases.models import Case, Report, Task
from yiwang.kernel.cases.services import act, report, reporting
from yiwang.kernel.files.services import store_upload
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.queries import actor_for, actor_for_key, actor_for_public

log = logging.getLogger("yiwang.sample")
REASONS = {"return": "经核实，该处不在我单位养护范围", "extend": "需等待配件到货", "suspend": "涉及地下管线迁改，需待工程完工后恢复"}


class Moment:
    """Stands in for the modules by which the platform asks for time and chance, so that a load repeats itself."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.moment = rng, datetime.now(UTC)

    def now(self) -> datetime:  # django.utils.timezone
        return self.moment

    def time_ns(self) -> int:  # time
        return int(self.moment.timestamp() * 1_000_000_000)

    def urandom(self, count: int) -> bytes:  # os
        return self.rng.randbytes(count)

    def choice(self, letters: str) -> str:  # secrets
        return self.rng.choice(letters)

    def token_hex(self, count: int) -> str:  # secrets; the seed of a day's lot, the same whoever asks first
        return hashlib.sha256(f"lottery:{self.moment.astimezone(ZONE):%Y-%m-%d}".encode()).hexdigest()[: 2 * count]


@contextmanager
def staged(rng: Random) -> Iterator[Moment]:
    """Let the platform live at other moments than now: its clock, its ids and its query codes follow the stage."""
    stage = Moment(rng)
    kept = (clock.timezone, clock._shift, uids.os, uids.time, reporting.secrets, checks.secrets)
    clock.timezone, clock._shift = stage, timedelta()  # type: ignore[assignment]
    uids.os = uids.time = reporting.secrets = checks.secrets = stage  # type: ignore[assignment]
    try:
        yield stage
    finally:
        clock.timezone, clock._shift, uids.os, uids.time, reporting.secrets, checks.secrets = kept


class Player:
    """Plays stories as the people in them."""

    def __init__(self, spec: Spec, known: Known, people: People) -> None:
        self.spec, self.known, self.people = spec, known, people
        self.accounts = {a.username: a for a in Account.objects.filter(is_sample=True)}
        self.actors: dict[str, Actor] = {}
        self.client = actor_for_key(CLIENT_KEY)
        self.refused: list[str] = []
        self.cases: dict[int, UUID] = {}
        self.stage = Moment(Random(0))

    def actor(self, username: str) -> Actor:
        if username not in self.actors:
            self.actors[username] = actor_for(self.accounts[username])
        return self.actors[username]

    def play(self, stories: list[Story]) -> None:
        """Play all; a story that the platform refuses is told in the log and left out, never half-kept as done."""
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
        for story in stories:
            with staged(self.spec.stream("stage", story.index)) as self.stage:
                try:
                    self.one(story)
                except ProblemError as problem:
                    self.refused.append(f"{story.goal} {story.class_code} {story.condition}: {problem}")
                    log.warning("an open case could not be played to its state: %s", self.refused[-1])
        Case.all_modes.filter(uid__in=list(self.cases.values())).update(is_sample=True)

    def one(self, story: Story) -> None:
        """Play one story until it waits in its state."""
        self.stage.moment = story.reported_at
        self.cases[story.index] = self._report(story)
        done = [s for s in story.steps if s.done_at is not None and s.kind == "process"]
        for step in sorted(done, key=lambda s: s.done_at or story.reported_at):
            self.stage.moment = step.done_at or story.reported_at
            self._step(story, step)
        self._arrive(story)

    # --- acts ------------------------------------------------------------------------------------------------------------

    def _report(self, story: Story) -> UUID:
        reporter = self._reporter(story)
        rng = self.spec.stream("caller", story.index)
        caller = None
        if story.channel in ("hotline", "12345", "public"):
            name, _latin = person(rng)
            caller = PersonDraft(name=name, phone=f"1990000{rng.randrange(10_000):04d}", secret=rng.random() < 0.1)
        stages = ["before", "after"] if story.self_handled else ["before"] if story.channel == "inspector" else []
        answers = {"class": f"{story.kind}:{story.class_code}", "component": story.component, "self_handled": story.self_handled}
        receipt = report(
            reporter, "city.problem",
            ReportDraft(
                channel=story.channel, text=story.text, answers=answers, lon=story.point[0], lat=story.point[1], address=story.address,
                files=tuple(self._photo(reporter, story, stage, story.reported_at) for stage in stages), person=caller,
                uid=story.report_uid,
            ),
        )  # fmt: skip
        return receipt.case_uid

    def _reporter(self, story: Story) -> Actor:
        if story.reporter:
            return self.actor(story.reporter)
        return self.client if story.channel in ("open311", "sensor") else actor_for_public()

    def _photo(self, actor: Actor, story: Story, stage: str, moment: datetime) -> UUID:
        data = pictures.photo(story.index, stage, place=story.point, at=moment)
        file = ContentFile(data, name=f"{stage}-{story.index}.jpg")
        return store_upload(actor=actor, file=file, stage=stage, photo_only=True, is_sample=True).uid

    def _task(self, story: Story, step: str) -> Task | None:
        return (
            Task.all_modes.filter(case__uid=self.cases[story.index], step=step, state="open").order_by("-pk").first()
        )

    def _step(self, story: Story, step: Step) -> None:
        task = self._task(story, step.step)
        if task is None:
            raise RuntimeError(f"{story.goal}: nobody waits in {step.step}")
        drawn = task.account.username if step.step == "check" and task.account is not None else ""  # the lot decides who checks
        actor, moment = self.actor(drawn or step.who), step.done_at or story.reported_at
        data: dict[str, Any] = {}
        files: tuple[UUID, ...] = ()
        stage = {"verify": "verify", "verify_parallel": "verify", "handle": "after", "check": "check"}.get(step.step)
        if step.step == "accept" and step.outcome == "pass" and not story.verified and story.channel != "inspector":
            stage = "before"  # the caller sent a picture by another way
        if stage:
            files = (self._photo(actor, story, stage, moment),)
        if step.step == "accept" and step.outcome == "verify" and Random(story.index).random() < 0.5:
            data["account"] = str(self.accounts[self._verifier(story)].uid)
        if step.step == "file":
            data |= {"condition": step.data["condition"], "not_duplicate": True}
        if step.step == "close":
            data["closing"] = story.condition
        self._act(actor, "complete", task=task, outcome=step.outcome, reason=step.reason, data=data, files=files)

    def _verifier(self, story: Story) -> str:
        """Return who is sent: whoever verifies in the story, else the inspector of the grid."""
        return next((s.who for s in story.steps if s.step == "verify" and s.who), self.people.patrols[story.patrol][0])

    def _act(self, actor: Actor, action: str, *, task: Task, outcome: str = "", reason: str = "", data: dict[str, Any] | None = None,
             files: tuple[UUID, ...] = ()) -> None:
        act(actor, ActionRequest(action=action, task_uid=task.uid, outcome=outcome, reason=reason, data=data or {}, files=files))

    # --- states that no step leads to ------------------------------------------------------------------------------------

    def _arrive(self, story: Story) -> None:
        """Do the last act of a story that waits beside the main line: assigned, or asked for something."""
        if story.goal not in ("handling", "return_asked", "extend_asked", "suspend_asked", "suspended"):
            return
        task = self._task(story, "handle")
        if task is None or task.org is None or story.dispatched_at is None:
            raise RuntimeError(f"{story.goal}: no department has it")
        hands = (self.people.handlers.get(task.org.code) or ["handler"])[0]
        room = min(self.spec.end, task.due_at or self.spec.end) - story.dispatched_at
        moment = story.dispatched_at + max(room, timedelta(minutes=8)) * 0.4
        actor = self.actor(hands)
        self.stage.moment = moment
        if story.goal == "handling":
            self._act(actor, "transfer", task=task, data={"account": str(self.accounts[hands].uid)})
        elif story.goal == "return_asked":
            self._act(actor, "return", task=task, reason=REASONS["return"])
        elif story.goal == "extend_asked":
            self._act(actor, "extend", task=task, reason=REASONS["extend"])
        else:
            days = 20 + story.index % 100
            until = (self.spec.end.astimezone(ZONE) + timedelta(days=days)).date().isoformat()
            self._act(actor, "suspend", task=task, reason=REASONS["suspend"], data={"until": until})
        for n, username in enumerate(("dispatcher", "leader") if story.goal == "suspended" else (), 1):
            self.stage.moment = moment + timedelta(minutes=2 * n)
            asked = Task.all_modes.get(case__uid=self.cases[story.index], kind="suspension", state="open")
            self._act(self.actor(username), "complete", task=asked, outcome="agree")


def truth(stories: list[Story]) -> None:
    """Keep which open cases were planted as duplicates, once all are stored; they are found by their reports."""
    ids = dict(Report.objects.filter(uid__in=[s.report_uid for s in stories]).values_list("uid", "case_id"))
    of = {s.index: ids[s.report_uid] for s in stories if s.report_uid in ids}
    PlantedDuplicate.objects.bulk_create(
        PlantedDuplicate(case_id=of[s.index], of_id=of[s.duplicate_of])
        for s in stories
        if s.duplicate_of is not None and s.index in of and s.duplicate_of in of
    )


def states() -> dict[str, int]:
    """Return how many open sample cases wait in each state."""
    from django.db.models import Count

    rows = Case.all_modes.filter(is_sample=True, closed_at__isnull=True).values_list("state").annotate(n=Count("pk")).order_by("state")
    return dict(rows)

