"""Telling stories: how a case moves from desk to desk, by the same flow as process.bpmn, with realistic times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sample import calendar
from sample.land import Land
from sample.people import People
from sample.spec import ZONE, Spec
from sample.story import Clock, Step, Story
from yiwang.apps.city.rules.manual import Limit, ManualRow

MINUTE = timedelta(minutes=1)
OPENS, SHUTS = 7, 22  # the centre's desks are staffed from 07:00 to 22:00
# The state in which an open case waits, and the step that waits then.
GOALS = {
    "reported": "accept", "verifying": "verify", "pending_file": "file", "pending_dispatch": "dispatch", "pending_handle": "handle",
    "handling": "handle", "suspended": "handle", "suspend_asked": "handle", "return_asked": "handle", "extend_asked": "handle",
    "handled": "screen", "handled_sent": "send_check", "checking": "check", "rework": "rework", "pending_close": "close",
    "self_handled": "self_audit", "district": "district_dispatch",
}  # fmt: skip


@dataclass(slots=True)
class Habits:
    """How well each body works: share done in time, share that fails the check."""

    in_time: dict[str, float]
    fails: dict[str, float]


def habits(spec: Spec, people: People) -> Habits:
    rng = spec.stream("habits")
    return Habits({o.code: rng.uniform(0.82, 0.985) for o in people.orgs}, {o.code: rng.uniform(0.01, 0.09) for o in people.orgs})


class Teller:
    """Moves one story along. Every draw comes from the story's own stream, so stories do not disturb each other."""

    def __init__(self, spec: Spec, land: Land, people: People, ways: Habits) -> None:
        self.spec, self.land, self.people, self.ways = spec, land, people, ways
        self.acceptors, self.leaders = people.by_role["acceptor"], people.by_role["shift_leader"]
        self.dispatchers, self.district = people.by_role["dispatcher"], people.by_role["district_dispatcher"]
        self.bosses = people.by_role["leader"]
        self.everywhere = [a.username for a in people.accounts if a.role == "inspector" and a.shown]
        self.by_street: dict[str, list[str]] = {}
        for patrol in land.patrols:
            names = self.by_street.setdefault(patrol.street, [])
            names += [n for n in people.patrols[patrol.code] if n not in names]

    # --- small helpers ---------------------------------------------------------------------------------------------------

    @staticmethod
    def awake(moment: datetime, rng: Random) -> datetime:
        """Return the moment, or some minutes after the desks open when they are shut."""
        local = moment.astimezone(ZONE)
        if OPENS <= local.hour < SHUTS:
            return moment
        day = local.date() + (timedelta(days=1) if local.hour >= SHUTS else timedelta())
        return datetime(day.year, day.month, day.day, OPENS, tzinfo=ZONE) + timedelta(minutes=rng.uniform(2, 40))

    def after(self, moment: datetime, typical: float, rng: Random) -> datetime:
        """Return some minutes later: around `typical`, seldom much longer, at a staffed hour."""
        return self.awake(moment + timedelta(seconds=round(rng.lognormvariate(0, 0.55) * typical * 60, 3)), rng)

    def another(self, story: Story, barred: set[str], rng: Random) -> str:
        """Return an inspector of the street who had no part, else one of those who go everywhere."""
        near = [n for n in self.by_street.get(story.street, []) if n not in barred]
        return rng.choice(near or [n for n in self.everywhere if n not in barred])

    # --- the flow --------------------------------------------------------------------------------------------------------

    def tell(self, story: Story, row: ManualRow, proposal: tuple[str, str], rng: Random, fate: str) -> None:
        """Tell the story to its fate: closed, refused, merged, void, forced_close, self_handled; or to `story.goal`."""
        if story.self_handled:
            self._self(story, row, rng, fate)
            return
        now = story.reported_at
        now = self._intake(story, now, rng, fate)
        if story.closed_at or self._waits(story, "accept", "verify"):
            return
        now = self._file(story, row, now, rng)
        if self._waits(story, "file"):
            return
        org, rule = proposal
        story.rule = rule
        now = self._dispatch(story, now, rng, org, row)
        if self._waits(story, "dispatch", "district_dispatch"):
            return
        story.org, story.dispatched_at = org, now
        self._work(story, row, now, rng, fate)

    def _waits(self, story: Story, *steps: str) -> bool:
        return bool(story.goal) and GOALS[story.goal] in steps

    def _open(self, story: Story, step: str, at: datetime, stage: int = 15, **more: object) -> Step:
        made = Step(step, at, due_at=at + stage * MINUTE if stage else None, **more)  # type: ignore[arg-type]
        story.steps.append(made)
        return made

    @staticmethod
    def _done(step: Step, at: datetime, who: str, outcome: str, reason: str = "", **data: object) -> datetime:
        step.done_at, step.who, step.outcome, step.reason = at, who, outcome, reason
        step.data |= data
        return at

    def _intake(self, story: Story, now: datetime, rng: Random, fate: str) -> datetime:
        clerk = rng.choice(self.acceptors)
        verify = fate == "refused" or story.goal == "verifying" or (not story.verified and not story.urgent and rng.random() < 0.72)
        accept = self._open(story, "accept", now)
        if self._waits(story, "accept"):
            return now
        if fate == "merged":
            at = self._done(accept, self.after(now, 7, rng), clerk, "merge")
            accept.action = "merge"
            self._end(story, "merged", at)
            return at
        if verify and story.channel != "inspector":
            now = self._done(accept, self.after(now, 6, rng), clerk, "verify")
            step = self._open(story, "verify", now, 30)
            if self._waits(story, "verify"):
                return now
            true = fate != "refused"
            outcome = "confirmed" if true else rng.choice(("not_true", "not_true", "duplicate", "out_of_scope"))
            reason = "" if true else "现场未发现所述问题"
            now = self._done(step, self.after(now, 19, rng), self.another(story, set(), rng), outcome, reason)
            story.verified = true
            accept = self._open(story, "accept", now)
        if fate == "refused":
            at = self._done(accept, self.after(now, 6, rng), clerk, "refuse", rng.choice(("核实不属实", "不属于城市管理职责", "未达到立案条件")))
            self._end(story, "refused", at)
            return at
        return self._done(accept, self.after(now, 5, rng), clerk, "pass")

    def _file(self, story: Story, row: ManualRow, now: datetime, rng: Random) -> datetime:
        step = self._open(story, "file", now)
        if self._waits(story, "file"):
            return now
        at = self._done(step, self.after(now, 5, rng), rng.choice(self.leaders), "file", condition=row.condition_id)
        story.filed_at, story.condition, story.urgent = at, row.condition_id, row.urgent
        if row.urgent and not story.verified:
            beside = self._open(story, "verify_parallel", at, 30)
            if not story.goal:
                self._done(beside, self.after(at, 18, rng), self.another(story, set(), rng), "confirmed")
        return at

    def _dispatch(self, story: Story, now: datetime, rng: Random, org: str, row: ManualRow) -> datetime:
        step = self._open(story, "dispatch", now)
        if self._waits(story, "dispatch"):
            return now
        two_level = story.district == "371591"
        facts = {"to": "district"} if two_level else {"departments": [org], "rule": story.rule}
        now = self._done(step, self.after(now, 5, rng), rng.choice(self.dispatchers), "dispatch", **facts)
        if two_level:
            step = self._open(story, "district_dispatch", now)
            if self._waits(story, "district_dispatch"):
                return now
            now = self._done(step, self.after(now, 6, rng), rng.choice(self.district), "dispatch", departments=[org], rule=story.rule)
        return now

    def _work(self, story: Story, row: ManualRow, now: datetime, rng: Random, fate: str) -> None:
        limit, org = row.limit, story.org
        whose = self.people.handlers.get(org) or ["handler"]
        due = calendar.add(now, limit.minutes, limit)
        lines = [("start", "", now, 0.0, due, "")]
        total, consumed, since = limit.minutes, 0.0, now
        hands = rng.choice(whose)
        extend = not story.goal and limit.minutes >= 480 and rng.random() < 0.035
        while True:
            step = self._open(story, "handle", now, 0, org=org)
            step.due_at = due
            if self._waits(story, "handle"):
                return
            if extend:
                extend = False
                asked = now + timedelta(seconds=round((due - now).total_seconds() * rng.uniform(0.3, 0.7)))
                answered = min(asked + timedelta(minutes=round(rng.uniform(5, 90), 3)), due - MINUTE)
                boss = rng.choice(self.leaders)
                story.steps.append(Step("extension", asked, answered, boss, "agree", kind="extension", reason="天气及备料原因"))
                story.steps[-1].data["asked_by"] = hands
                story.extensions, total = 1, total + limit.minutes
                due = step.due_at = calendar.add(since, total - consumed, limit)
                used = consumed + calendar.between(since, answered, limit)
                lines.append(("extend", "extend", answered, used, due, boss))
            left = max(total - consumed, limit.minutes * 0.3)
            good = rng.random() < self.ways.in_time.get(org, 0.93)
            share = min(0.98, rng.betavariate(2.2, 2.4)) if good else 1.0 + rng.expovariate(2.5)
            done = max(calendar.add(now, round(left * share, 3), limit), now + 6 * MINUTE)
            if fate == "forced_close":
                end = self._forced(story, done, rng)
                consumed += max(0.0, calendar.between(since, end, limit))
                break
            consumed += max(0.0, calendar.between(since, done, limit))
            lines.append(("stop", "complete", done, consumed, due, hands))
            self._done(step, done, hands, "done", rng.choice(("已处置完毕", "已清理完毕，现场恢复整洁", "已修复，恢复使用", "已整改到位")))
            story.handled_at = done
            failed = self._check(story, done, rng, org, fate)
            if failed is None:
                break
            now = since = failed
            due = calendar.add(since, total - consumed, limit) if total > consumed else due
            lines.append(("resume", "rework", now, consumed, due, ""))
            story.reworks += 1
        if story.goal or story.closed_at is None:
            return
        lines.append(("end", story.outcome, story.closed_at, consumed, due, ""))
        started = lines[0][2]
        for name in ("case", "department"):
            story.clocks.append(Clock(name, limit.unit.value, limit.value, limit.minutes, total, started, due, consumed, story.closed_at, lines))

    def _forced(self, story: Story, at: datetime, rng: Random) -> datetime:
        """强制结案: the shift leader asks, a leader agrees."""
        asker = rng.choice(self.leaders)
        story.steps[-1].data["cancelled"] = True  # the department's task goes with the case
        end = self.after(at, 60, rng)
        story.steps.append(Step("force_close", at, end, rng.choice(self.bosses), "agree", kind="force_close", reason="责任单位注销，现场已由街道清理"))
        story.steps[-1].data["asked_by"] = asker
        self._end(story, "forced_close", end)
        return end

    def _check(self, story: Story, now: datetime, rng: Random, org: str, fate: str) -> datetime | None:
        """Screen, send, check and close; returns when the department gets it again, or None when that is over."""
        step = self._open(story, "screen", now)
        if self._waits(story, "screen"):
            return None
        now = self._done(step, self.after(now, 6, rng), rng.choice(self.dispatchers), "pass")
        step = self._open(story, "send_check", now)
        if self._waits(story, "send_check"):
            return None
        now = self._done(step, self.after(now, 6, rng), rng.choice(self.acceptors), "send")
        step = self._open(story, "check", now, 30)
        if self._waits(story, "check"):
            return None
        barred = {s.who for s in story.steps if s.step in ("verify", "verify_parallel")} | {story.reporter}
        failed = story.goal == "rework" or (not story.goal and rng.random() < self.ways.fails.get(org, 0.04) and story.reworks < 2)
        reason = rng.choice(("现场未清理干净", "修复不平整", "问题仍然存在")) if failed else ""
        checker = self.another(story, barred, rng)
        now = self._done(step, self.after(now, 21, rng), checker, "fail" if failed else "pass", reason)
        if failed:
            step = self._open(story, "rework", now)
            if self._waits(story, "rework"):
                return None
            return self._done(step, self.after(now, 6, rng), rng.choice(self.dispatchers), "handle", reason)
        step = self._open(story, "close", now)
        if self._waits(story, "close"):
            return None
        now = self._done(step, self.after(now, 7, rng), rng.choice(self.leaders), "close", closing=story.condition)
        self._end(story, "closed", now)
        if story.channel in ("hotline", "12345", "public", "open311") and rng.random() < 0.4:
            story.rating = rng.choice((5, 5, 5, 5, 4, 4, 3, 2, 1))
        return None

    def _self(self, story: Story, row: ManualRow, rng: Random, fate: str) -> None:
        step = self._open(story, "self_audit", story.reported_at, 30)
        if story.goal:
            return
        at = self.after(story.reported_at, 20, rng)
        if fate == "void":
            self._done(step, at, rng.choice(self.leaders), "void", "照片不能证明已处置")
            self._end(story, "void", at)
            return
        self._done(step, at, rng.choice(self.leaders), "close", condition=row.condition_id)
        story.condition, story.filed_at = row.condition_id, at
        self._end(story, "closed", at)

    @staticmethod
    def _end(story: Story, outcome: str, at: datetime) -> None:
        story.outcome, story.closed_at = outcome, at


def fitted(story: Story, end: datetime) -> None:
    """Press an open story's times together so that nothing lies after `end`; the order stays."""
    moments = [m for s in story.steps for m in (s.opened_at, s.done_at) if m is not None]
    last = max([story.reported_at, *moments])
    limit = end - timedelta(minutes=3)
    if last <= limit:
        return
    whole, room = max(1.0, (last - story.reported_at).total_seconds()), max(60.0, (limit - story.reported_at).total_seconds())

    def fit(moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        return story.reported_at + timedelta(seconds=round((moment - story.reported_at).total_seconds() * room / whole, 3))

    for step in story.steps:
        step.opened_at, step.done_at = fit(step.opened_at) or step.opened_at, fit(step.done_at)
    story.filed_at, story.dispatched_at, story.handled_at = fit(story.filed_at), fit(story.dispatched_at), fit(story.handled_at)


def limit_of(row: ManualRow) -> Limit:
    return row.limit
