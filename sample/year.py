"""A year of cases: when, where, what; planted duplicates with their truth; and the open ones in every state."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random

from sample import components, telling, topics
from sample.components import AssetRow
from sample.land import METRES_PER_LAT, METRES_PER_LON, Cell, Land, degrees
from sample.people import People
from sample.spec import CITY, ZONE, Picker, Spec, uid
from sample.story import Story, Twin
from sample.streets import Edge, Streets, door_number, spot
from sample.telling import Teller
from sample.topics import TOPICS, Topic
from yiwang.apps.city.rules import dictionary, manual
from yiwang.apps.city.rules.dictionary import Kind
from yiwang.apps.city.rules.dispatching import Place, propose
from yiwang.apps.city.rules.manual import ManualRow, Season
from yiwang.apps.city.rules.numbering import build as case_number
from yiwang.apps.city.rules.texts import both

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
OPEN_SHARES = (
    ("reported", 40), ("verifying", 30), ("pending_file", 40), ("pending_dispatch", 35), ("district", 15), ("pending_handle", 130),
    ("handling", 90), ("suspended", 20), ("suspend_asked", 10), ("return_asked", 20), ("extend_asked", 20), ("handled", 20),
    ("handled_sent", 20), ("checking", 40), ("rework", 20), ("pending_close", 40), ("self_handled", 10),
)  # fmt: skip
PLAYED = {"reported": 14, "pending_file": 14}  # more are played where duplicates are planted among them
AGES = {"handle": (0.2, 30.0), "screen": (6.0, 60.0), "send_check": (6.0, 60.0), "check": (8.0, 60.0), "rework": (8.0, 72.0),
        "close": (8.0, 60.0)}  # hours since the report, by the step that waits  # fmt: skip


@dataclass(slots=True)
class Scene:
    """Where something is reported: a cell with its point and address, and a component when it is about one."""

    cell: Cell
    point: tuple[float, float]
    address: str
    component: AssetRow | None


class Year:
    """Everything that stories are made of."""

    def __init__(self, spec: Spec, land: Land, streets: Streets, people: People, assets: list[AssetRow]) -> None:
        self.spec, self.land, self.streets = spec, land, streets
        self.teller = Teller(spec, land, people, telling.habits(spec, people))
        self.people, self.duties = people, components.duties()
        self.manual: dict[tuple[Kind, str], list[ManualRow]] = defaultdict(list)
        for row in components.manual_rows():
            self.manual[row.class_kind, row.class_code].append(row)
        self.seasons = [
            Season(code=r["code"], name=both(r["name_zh"], r["name_en"]), starts=r["starts"], ends=r["ends"])
            for r in dictionary.rows("seasons")
        ]
        self.book = dictionary.shipped()
        self.by_class: dict[str, list[AssetRow]] = defaultdict(list)
        for asset in assets:
            if asset.status not in ("removed", "abandoned"):
                self.by_class[asset.class_code].append(asset)
        self.edges = _weighted(streets.edges, land, spec)
        self.topics = [
            Picker([(t, t.weight * t.months[m]) for t in TOPICS if t.kind == "matter" or self.by_class[t.code]]) for m in range(12)
        ]
        self.channels = Picker(list(topics.CHANNELS))
        self.hours = {k: Picker([(h, w) for h, w in enumerate(v)]) for k, v in topics.HOURS.items()}
        self.levels = {a.code: a.manual_level for a in land.areas if a.level == "district"}
        self._rows: dict[tuple[str, str, date, str], list[ManualRow]] = {}
        self._seasons: dict[date, frozenset[str]] = {}
        self._proposals: dict[tuple[str, ...], tuple[str, str]] = {}
        self._cell_of = {grid: cell for cell, grid in land.grid_of.items()}
        self._asset_of = {a.code: a for found in self.by_class.values() for a in found}

    # --- drawing ---------------------------------------------------------------------------------------------------------

    def moments(self, count: int) -> list[tuple[datetime, str]]:
        """Return `count` (moment, channel) in order: days by weekday, holiday and drift, hours by channel."""
        rng = self.spec.stream("moments")
        days = [self.spec.as_of - timedelta(days=365 - n) for n in range(364)]  # nothing new on the very last day
        weights = {}
        for name, week in topics.WEEKDAYS.items():
            weights[name] = list(accumulate(week[d.weekday()] * (0.92 + 0.16 * i / 364) * _weather(d, rng) for i, d in enumerate(days)))
        found = []
        for _ in range(count):
            channel = str(self.channels.draw(rng))
            kind = "inspector" if channel in ("inspector", "video") else "public"
            sums = weights[kind]
            day = days[bisect_right(sums, rng.random() * sums[-1])]
            hour = int(str(self.hours[kind].draw(rng)))
            seconds = round(rng.random() * 3600, 3)
            found.append((datetime(day.year, day.month, day.day, hour, tzinfo=ZONE) + timedelta(seconds=seconds), channel))
        return sorted(found)

    def scene(self, topic: Topic, rng: Random) -> Scene:
        if topic.kind == "component":
            asset = rng.choice(self.by_class[topic.code])
            return Scene(asset.cell, asset.point, asset.address, asset)
        edge: Edge = self.edges.draw(rng)  # type: ignore[assignment]
        is_left = edge.right is None or (edge.left is not None and rng.random() < 0.5)
        cell = edge.left if is_left else edge.right
        along = rng.uniform(0.22, 0.78)
        point = degrees(*spot(self.land, edge, along, rng.uniform(2, 14), is_left))
        return Scene(cell or self.land.cells[0], point, f"{edge.road}{door_number(edge, along, is_left)}号", None)

    def rows_for(self, topic: Topic, cell: Cell, on: date) -> list[ManualRow]:
        level = self.levels[self.land.district_of[cell]]
        known = (topic.kind, topic.code, on, level)
        if known not in self._rows:
            if on not in self._seasons:
                self._seasons[on] = manual.seasons_on(self.seasons, on)
            key = manual.manual_key(topic.kind, topic.code)
            self._rows[known] = manual.select(
                self.manual[key], kind=topic.kind, code=topic.code, on=on, area_level=level, seasons=self._seasons[on]
            )
        return self._rows[known]

    def proposal(self, scene: Scene, row: ManualRow) -> tuple[str, str]:
        """Return (organisation, rule) as the dispatching rule proposes."""
        land, cell, asset = self.land, scene.cell, scene.component
        street = land.street_of[cell]
        bodies = (asset.keeper, asset.owner, asset.supervisor) if asset else ("", "", "")
        known = (street, *bodies, row.condition_id)
        if known not in self._proposals:
            self._proposals[known] = self._propose(street, bodies, row)
        return self._proposals[known]

    def _propose(self, street: str, bodies: tuple[str, str, str], row: ManualRow) -> tuple[str, str]:
        place = Place(area_codes=(street, street[:6], CITY), street_org=self.duties.table["fallback"][street])
        chosen = propose(
            place=place, keeper=bodies[0], owner=bodies[1], supervisor=bodies[2], manual_row=row.condition_id,
            manual_department=row.department, duties=self.duties.table,
        ).chosen
        if chosen is None:
            raise ValueError(f"nobody answers for {row.condition_id}")
        return chosen.organization, chosen.rule.value

    def begin(self, index: int, at: datetime, channel: str, topic: Topic, scene: Scene, row: ManualRow, rng: Random,
              *, again: bool = False) -> Story:
        """Return a story that has just been reported."""
        cls = self.book.get(topic.kind, topic.code)
        name = cls.name["zh-Hans"] if cls else ""
        what = row.condition["zh-Hans"].replace("发现即立案", name)
        group = topics.family(channel)
        wording = rng.choice(topics.AGAIN if again else topics.OPENINGS[group])
        text = wording.format(place=scene.address, what=what, name=name)
        patrol = self.land.patrol_of[scene.cell]
        reporter = ""
        if channel == "inspector":
            reporter = self.people.patrols[patrol][0]
        elif channel in ("hotline", "12345", "leader", "media", "video"):
            reporter = rng.choice(self.teller.acceptors)
        return Story(
            index=index, uid=uid(rng, at), report_uid=uid(rng, at), channel=channel, kind=topic.kind, class_code=topic.code,
            title=f"{name}：{text[:40]}", text=text, point=scene.point, address=scene.address, grid=self.land.grid_of[scene.cell],
            district=self.land.district_of[scene.cell], street=self.land.street_of[scene.cell], patrol=patrol, reported_at=at,
            reporter=reporter, component=scene.component.code if scene.component else "", verified=channel == "inspector",
            urgent=False, query_code="".join(rng.choices(CODE_LETTERS, k=10)),
        )

    # --- closed ones -----------------------------------------------------------------------------------------------------

    def closed(self) -> Iterator[Story]:
        """Yield the closed cases in the order of their reports; numbers are drawn by district and day of filing."""
        count = self.spec.size.closed
        planted = round(count * self.spec.size.duplicates)
        stories = [self._one(i, at, channel) for i, (at, channel) in enumerate(self.moments(count - planted))]
        stories += self._plant(stories, planted)
        stories.sort(key=lambda s: (s.reported_at, s.index))
        _number(stories)
        return iter(stories)

    def _one(self, index: int, at: datetime, channel: str) -> Story:
        for attempt in range(50):
            rng = self.spec.stream("case", index, attempt)
            local = at.astimezone(ZONE)
            topic: Topic = self.topics[local.month - 1].draw(rng)  # type: ignore[assignment]
            scene = self.scene(topic, rng)
            rows = self.rows_for(topic, scene.cell, local.date())
            row = rng.choice(rows[:1] * 2 + rows)
            chance = rng.random()
            fate = "refused" if chance < 0.035 and channel != "inspector" else "forced_close" if chance > 0.9985 else "closed"
            story = self.begin(index, at, channel, topic, scene, row, rng)
            if channel == "inspector" and not row.urgent and rng.random() < 0.045:
                story.self_handled = True
                fate = "void" if rng.random() < 0.06 else "closed"
            self.teller.tell(story, row, self.proposal(scene, row), rng, fate)
            if story.closed_at is not None and story.closed_at < self.spec.end:
                return story
            # It would not be over by now: the report came earlier by as much as it takes.
            over = (story.closed_at or self.spec.end) - self.spec.end
            at = at - over - timedelta(hours=rng.uniform(1, 48))
        raise RuntimeError("a case does not come to its end within the year")

    def _plant(self, stories: list[Story], count: int) -> list[Story]:
        """Plant duplicates of cases that were open at that moment; seven in ten were seen and joined."""
        rng = self.spec.stream("duplicates")
        fit = [
            s for s in stories if s.outcome == "closed" and not s.self_handled and s.closed_at is not None
            and s.closed_at - s.reported_at > timedelta(minutes=50)
        ]  # fmt: skip
        found = []
        for n, first in enumerate(rng.sample(fit, count)):
            own = self.spec.stream("duplicate", n)
            story, _topic, scene, row = self.again(len(stories) + n, first, own)
            seen = own.random() < 0.7
            if seen:
                story.main = first.index
                self.teller.tell(story, row, ("", ""), own, "merged")
                if story.closed_at is None or first.closed_at is None or story.closed_at >= first.closed_at:
                    seen, story.main, story.steps, story.closed_at, story.outcome = False, None, [], None, ""
            if not seen:
                self.teller.tell(story, row, self.proposal(scene, row), own, "closed")
                if story.closed_at is None or story.closed_at >= self.spec.end:
                    story.steps, story.clocks, story.closed_at, story.outcome = [], [], None, ""
                    story.filed_at = story.dispatched_at = story.handled_at = None
                    self.teller.tell(story, row, ("", ""), own, "refused" if story.channel != "inspector" else "merged")
                    story.main = first.index if story.outcome == "merged" else None
            found.append(story)
        return found

    def again(self, index: int, first: Story, rng: Random) -> tuple[Story, Topic, Scene, ManualRow]:
        """Return a second report of the same thing by somebody else: some metres off, other words, some minutes later."""
        until = first.closed_at or self.spec.end - timedelta(minutes=10)
        span = (until - first.reported_at).total_seconds()
        at = first.reported_at + timedelta(seconds=round(min(span * 0.8, 20 * 3600 * rng.random() + 240) * rng.uniform(0.2, 1.0), 3))
        code = topics.CONFUSED.get(first.class_code, first.class_code) if rng.random() < 0.15 else first.class_code
        topic = Topic(first.kind, code, 1.0)
        cell = self._cell_of[first.grid]
        point = first.point
        asset = self._asset_of.get(first.component) if code == first.class_code else None
        if asset is None:
            point = (round(point[0] + rng.gauss(0, 8) / METRES_PER_LON, 7), round(point[1] + rng.gauss(0, 8) / METRES_PER_LAT, 7))
        rows = self.rows_for(topic, cell, at.astimezone(ZONE).date())
        same = [r for r in rows if r.group == (first.condition or "").split(".", 1)[0]]
        row = same[0] if same else rng.choice(rows)
        scene = Scene(cell, point, first.address, asset)
        channel = rng.choice(("public", "public", "hotline", "12345", "inspector"))
        story = self.begin(index, at, channel, topic, scene, row, rng, again=True)
        if channel == "inspector":
            story.reporter = self.teller.another(story, {first.reporter}, rng)
        story.duplicate_of = first.index
        return story, topic, scene, row

    # --- open ones -------------------------------------------------------------------------------------------------------

    def open(self) -> tuple[list[Story], list[Twin]]:
        """Return the open cases that are played, in the order of their reports, and the twins that take over from them."""
        size = self.spec.size
        total = sum(n for _, n in OPEN_SHARES)
        found: list[Story] = []
        left: dict[str, int] = {}
        for goal, n in OPEN_SHARES:
            wanted = max(1, round(n * size.open / total))
            played = min(wanted, max(PLAYED.get(goal, 6), round(wanted / 5)))
            left[goal] = wanted - played
            found += [self._waiting(size.closed + len(found) + k, goal) for k in range(played)]
        self._plant_open(found, round(size.open * size.duplicates))
        repeated = {s.duplicate_of for s in found}
        twins: list[Twin] = []
        for goal, count in left.items():
            firsts = [s for s in found if s.goal == goal and s.duplicate_of is None and s.index not in repeated]
            for n in range(count):
                twins.append(self._twin(size.closed + len(found) + len(twins), firsts, n))
        return sorted(found, key=lambda s: (s.reported_at, s.index)), twins

    def _plant_open(self, found: list[Story], count: int) -> None:
        """Make some of the waiting reports repeat cases that are already at work."""
        rng = self.spec.stream("open-duplicates")
        firsts = [s for s in found if s.goal in ("pending_handle", "handling", "pending_dispatch")]
        targets = [i for i, s in enumerate(found) if s.goal in ("reported", "pending_file")]
        count = min(count, len(targets), len(firsts))
        for n, (at, first) in enumerate(zip(rng.sample(targets, count), rng.sample(firsts, count), strict=True)):
            own = self.spec.stream("open-duplicate", n)
            story, _topic, _scene, row = self.again(found[at].index, first, own)
            story.goal = found[at].goal
            self.teller.tell(story, row, ("", ""), own, "closed")
            telling.fitted(story, self.spec.end)
            found[at] = story

    def _twin(self, index: int, firsts: list[Story], turn: int) -> Twin:
        """Return a twin of one of the stories, at a place of the same street where the same body answers."""
        for attempt in range(len(firsts)):
            first = firsts[(turn + attempt) % len(firsts)]
            rng = self.spec.stream("twin", index, attempt)
            scene = self._beside(first, rng)
            if scene is None:
                continue
            last = max(m for s in first.steps for m in (s.opened_at, s.done_at) if m is not None)
            room = min(5400.0, max(60.0, (last - first.reported_at).total_seconds()))
            shift = -round(rng.uniform(30, room), 3)
            moment = first.reported_at + timedelta(seconds=shift)
            return Twin(
                index=index, of=first.index, uid=uid(rng, moment), report_uid=uid(rng, moment), shift_s=shift,
                query_code="".join(rng.choices(CODE_LETTERS, k=10)), title=first.title.replace(first.address, scene.address),
                text=first.text.replace(first.address, scene.address), address=scene.address, point=scene.point,
                grid=self.land.grid_of[scene.cell], patrol=self.land.patrol_of[scene.cell],
                component=scene.component.code if scene.component else "",
            )  # fmt: skip
        raise RuntimeError(f"no open case can be doubled for {index}")

    def _beside(self, first: Story, rng: Random) -> Scene | None:
        topic = Topic(first.kind, first.class_code, 1.0)
        if first.kind == "component":
            own = self._asset_of[first.component]
            bodies = (own.keeper, own.owner, own.supervisor)
            fit = [a for a in self.by_class[first.class_code] if self.land.street_of[a.cell] == first.street and a is not own
                   and (a.keeper, a.owner, a.supervisor) == bodies]  # fmt: skip
            if not fit:
                return None
            asset = rng.choice(fit)
            return Scene(asset.cell, asset.point, asset.address, asset)
        for _ in range(400):
            scene = self.scene(topic, rng)
            if self.land.street_of[scene.cell] == first.street:
                return scene
        return None

    def _waiting(self, index: int, goal: str) -> Story:
        for attempt in range(200):
            rng = self.spec.stream("open", index, attempt)
            step = telling.GOALS[goal]
            low, high = AGES.get(step, (0.1, 5.0))
            at = self.spec.end - timedelta(hours=rng.uniform(low, high))
            channel = "inspector" if goal == "self_handled" else str(self.channels.draw(rng))
            if goal == "verifying" and channel == "inspector":
                channel = "public"
            topic: Topic = self.topics[at.astimezone(ZONE).month - 1].draw(rng)  # type: ignore[assignment]
            scene = self.scene(topic, rng)
            rows = self.rows_for(topic, scene.cell, at.astimezone(ZONE).date())
            row = rng.choice(rows)
            if not self._suits(goal, row, scene):
                continue
            story = self.begin(index, at, channel, topic, scene, row, rng)
            story.goal, story.self_handled = goal, goal == "self_handled"
            self.teller.tell(story, row, self.proposal(scene, row), rng, "closed")
            telling.fitted(story, self.spec.end)
            return story
        raise RuntimeError(f"no case waits in {goal}")

    def _suits(self, goal: str, row: ManualRow, scene: Scene) -> bool:
        """Some states need a long limit, a department that may return, or the two-level district."""
        if goal == "district":
            return self.land.district_of[scene.cell] == "371591"
        if goal == "pending_dispatch":
            return not row.urgent
        if goal in ("suspended", "suspend_asked", "extend_asked"):
            return row.limit.minutes >= 2 * 480 and not row.urgent
        if goal == "return_asked":
            return self.proposal(scene, row)[1] != "street" and not row.urgent
        return not row.urgent or goal in ("pending_handle", "handling", "reported")


def _weather(day: date, rng: Random) -> float:
    """Some days are quiet, some are not; national holidays are quiet."""
    holiday = (day.month, day.day) in {(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)}
    return rng.uniform(0.82, 1.18) * (0.55 if holiday else 1.0)


def _weighted(edges: list[Edge], land: Land, spec: Spec) -> Picker:
    """Busy places report more: some roads are hot, and districts differ."""
    rng = spec.stream("heat")
    roads = {e.road: rng.lognormvariate(0, 0.5) for e in edges}
    weighted: list[tuple[object, float]] = []
    for edge in edges:
        cell = edge.left or edge.right
        heat = topics.DISTRICT_WEIGHTS[land.district_of[cell]] if cell else 0.0
        weighted.append((edge, heat * roads[edge.road] * rng.lognormvariate(0, 0.7)))
    return Picker(weighted)


def _number(stories: list[Story]) -> None:
    """Draw numbers in the order of filing, one series for each district and day."""
    last: dict[tuple[str, date], int] = defaultdict(int)
    for story in sorted((s for s in stories if s.filed_at), key=lambda s: (s.filed_at, s.index)):
        if story.filed_at is None:
            continue
        day = story.filed_at.astimezone(ZONE).date()
        last[story.district, day] += 1
        story.number = case_number(story.district, day, last[story.district, day])
