"""Census of components (专项普查): how an order is divided, what each answer needs, what is done at once, the summary."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from enum import StrEnum
from itertools import pairwise

MOST_ITEMS, MOST_PARTS = 20_000, 300
MOST_METRES = 200  # farther than that it is not the same component
USUAL_METRES = 30


class Answer(StrEnum):
    """What an inspector says of one component."""

    CONFIRM = "confirm"  # it is as the register says
    CORRECT = "correct"  # it is there, but the register is wrong
    ADD = "add"  # it is there, and the register does not know it
    RETIRE = "retire"  # it is no longer there, and does not come back
    NOT_FOUND = "not_found"  # looked for and not found; somebody has to decide


class Item(StrEnum):
    """Where one component of an order stands."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    ADDED = "added"
    RETIRED = "retired"
    NOT_FOUND = "not_found"
    KEPT = "kept"  # a correction or retirement that was not accepted: the register stays as it was
    DROPPED = "dropped"  # an addition that was not accepted


class Part(StrEnum):
    """Where one grid's part of an order stands. What is left of a part that ended is undone and stays visible."""

    OPEN = "open"
    DONE = "done"
    GIVEN_BACK = "given_back"
    UNDONE = "undone"  # the order ended before


class Standing(StrEnum):
    """How a part stands on the progress page: what nobody touched is told apart from what was left half way."""

    NOT_BEGUN = "not_begun"
    UNDER_WAY = "under_way"
    LATE = "late"  # begun, past its day, not through
    DONE = "done"
    GIVEN_BACK = "given_back"
    UNDONE = "undone"  # 未完成: begun, and the order ended before
    ABANDONED = "abandoned"  # 未开展: past its day or ended, and nobody said anything of any component


class Finding(StrEnum):
    """What became of an answer."""

    APPLIED = "applied"  # the register says so now
    WAITING = "waiting"  # for the leader's acceptance
    REFUSED = "refused"
    REPLACED = "replaced"  # by a later answer about the same component


STATE_OF = {
    Answer.CONFIRM: Item.CONFIRMED, Answer.CORRECT: Item.CORRECTED, Answer.ADD: Item.ADDED, Answer.RETIRE: Item.RETIRED,
    Answer.NOT_FOUND: Item.NOT_FOUND,
}  # fmt: skip
ASKABLE = ("status", "road", "address", "remark")  # what an order may ask to be compared
CONDITIONS = ("intact", "damaged", "lost")
GONE = ("removed", "abandoned")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An order as a leader gives it. `areas` are codes of live areas, `classes` five digits each."""

    classes: tuple[str, ...]
    areas: tuple[str, ...]
    due_on: date
    text: str = ""
    asks: tuple[str, ...] = ("status", "address")
    asks_photo: bool = False
    asks_new: bool = True
    most_metres: int = USUAL_METRES
    corrects_at_once: bool = True
    adds_at_once: bool = False

    def plain(self) -> dict[str, object]:
        """Return it as a report's answers carry it; `read` takes it back."""
        return {**asdict(self), "classes": list(self.classes), "areas": list(self.areas), "asks": list(self.asks), "due_on": self.due_on.isoformat()}

    @classmethod
    def read(cls, given: Mapping[str, object]) -> "Wanted":
        """Return the order out of plain values.

        Raises
        ------
        ValueError
            They are not those of an order.
        """
        try:
            values = {f.name: given[f.name] for f in fields(cls)}
            lists = {name: tuple(str(v) for v in values[name]) for name in ("classes", "areas", "asks")}  # type: ignore[attr-defined]
            return cls(**{**values, **lists, "due_on": date.fromisoformat(str(values["due_on"])), "most_metres": int(str(values["most_metres"]))})  # type: ignore[arg-type]
        except (KeyError, TypeError) as error:
            raise ValueError("not an order") from error


@dataclass(frozen=True)
class Patrol:
    """Somebody who patrols a grid."""

    account_id: int
    name: str
    shift: str = ""
    is_substitute: bool = False


def inspector_of(patrols: Sequence[Patrol]) -> Patrol | None:
    """Return who gets a grid's part: the regular one before substitutes, the first shift before later ones.

    >>> inspector_of([Patrol(3, "丙", "b"), Patrol(2, "乙", "a", True), Patrol(1, "甲", "c")]).name
    '丙'
    """
    return min(patrols, key=lambda p: (p.is_substitute, p.shift, p.account_id), default=None)


def shifts_of(patrols: Sequence[Patrol]) -> list[Patrol]:
    """Return among whom a grid's part is divided: the regular inspectors, one of each person, by shift; a substitute only
    where there is no regular one.

    >>> [p.name for p in shifts_of([Patrol(3, "丙", "b"), Patrol(2, "乙", "a", True), Patrol(1, "甲", "c"), Patrol(3, "丙", "d")])]
    ['丙', '甲']
    """
    regular = sorted((p for p in patrols if not p.is_substitute), key=lambda p: (p.shift, p.account_id))
    found: dict[int, Patrol] = {}
    for patrol in regular:
        found.setdefault(patrol.account_id, patrol)
    first = inspector_of(patrols)
    return list(found.values()) or ([first] if first else [])


def blocks(places: Mapping[int, tuple[float, float]], count: int) -> list[tuple[int, ...]]:
    """Divide components (id -> degrees) into blocks of one size that lie together: along the longer side, west to east or south to
    north. No block is empty, except that there is always one.

    >>> blocks({1: (116.0, 36.0), 2: (116.3, 36.0), 3: (116.1, 36.0)}, 2)
    [(1, 3), (2,)]
    >>> blocks({}, 3)
    [()]
    """
    count = max(1, min(count, len(places)))
    if not places:
        return [()]
    sides = [max(p[axis] for p in places.values()) - min(p[axis] for p in places.values()) for axis in (0, 1)]
    axis = 0 if sides[0] >= sides[1] else 1
    ordered = sorted(places, key=lambda pk: (places[pk][axis], places[pk][1 - axis], pk))
    size, more = divmod(len(ordered), count)
    ends = [n * size + min(n, more) for n in range(count + 1)]
    return [tuple(sorted(ordered[a:b])) for a, b in pairwise(ends)]


@dataclass(frozen=True)
class Share:
    """One part before it goes out: a responsibility grid, or what lies outside of any in a street (`grid_id` None)."""

    grid_id: int | None
    street_id: int | None
    assets: tuple[int, ...]


def divide(rows: Iterable[tuple[int, int | None, int | None]], grids: Iterable[tuple[int, int | None]] = ()) -> list[Share]:
    """Divide components (id, responsibility grid, street) among grids; `grids` get a part even when they have none.

    What has no responsibility grid makes one part for each street.

    >>> [(s.grid_id, s.street_id, s.assets) for s in divide([(1, 7, 5), (2, None, 5), (3, 7, 5)], [(8, 5)])]
    [(7, 5, (1, 3)), (8, 5, ()), (None, 5, (2,))]
    """
    held: dict[tuple[int | None, int | None], list[int]] = {}
    street_of: dict[int, int | None] = {}
    for pk, grid, street in rows:
        if grid is not None:
            street_of.setdefault(grid, street)
        held.setdefault((grid, None if grid is not None else street), []).append(pk)
    for grid, street in grids:
        street_of.setdefault(grid, street)
        held.setdefault((grid, None), [])
    keys = sorted(held, key=lambda k: (k[0] is None, k[0] or 0, k[1] or 0))
    return [Share(grid, street_of[grid] if grid is not None else street, tuple(held[grid, street])) for grid, street in keys]


@dataclass(frozen=True)
class Asked:
    """What an order asks of every answer."""

    fields: tuple[str, ...] = ()  # of ASKABLE: what may be corrected
    photo: bool = False  # a photo with every answer; adding and retiring always need one
    metres: int = USUAL_METRES
    classes: tuple[str, ...] = ()


def faults(
    answer: Answer, asked: Asked, values: Mapping[str, str], *, photos: int, place: bool, moved_m: float | None = None
) -> list[tuple[str, str]]:
    """Return what is wrong with an answer as (field, word); empty when nothing is.

    `place` says whether a point was given, `moved_m` how far it lies from where the register has the component.

    >>> faults(Answer.CONFIRM, Asked(), {}, photos=0, place=False)
    []
    >>> faults(Answer.RETIRE, Asked(), {}, photos=0, place=False)
    [('reason', 'required'), ('photos', 'required')]
    """
    found: list[tuple[str, str]] = []
    allowed = {
        Answer.CONFIRM: set(), Answer.CORRECT: set(asked.fields), Answer.ADD: {"class_code", "status", "road", "address", "remark"},
        Answer.RETIRE: {"reason", "status"}, Answer.NOT_FOUND: {"reason"},
    }[answer]  # fmt: skip
    found += [(name, "unknown") for name in sorted(set(values) - allowed - {"reason"})]
    condition = values.get("status")
    if condition is not None and condition not in (GONE if answer is Answer.RETIRE else CONDITIONS):
        found.append(("status", "choice"))
    if answer is Answer.CORRECT and not (set(values) & set(asked.fields)) and not place:
        found.append(("values", "nothing"))
    if answer is Answer.CORRECT and moved_m is not None and moved_m > asked.metres:
        found.append(("place", "far"))
    if answer is Answer.ADD:
        if values.get("class_code", "") not in asked.classes:
            found.append(("class_code", "choice"))
        if not place:
            found.append(("place", "required"))
    if answer is Answer.RETIRE and not values.get("reason", "").strip():
        found.append(("reason", "required"))
    if not photos and (asked.photo or answer in (Answer.ADD, Answer.RETIRE)):
        found.append(("photos", "required"))
    return found


def at_once(answer: Answer, *, corrections: bool, additions: bool) -> bool:
    """Say whether an answer is written into the register at once, by the two settings of its order.

    What was not found changes nothing, so nobody has to accept it.
    """
    if answer in (Answer.ADD, Answer.RETIRE):
        return additions
    return corrections if answer is Answer.CORRECT else True


@dataclass(frozen=True)
class Progress:
    """How far an order, a part or a person is. `left` is what nobody has answered yet."""

    total: int = 0
    confirmed: int = 0
    corrected: int = 0
    retired: int = 0
    not_found: int = 0
    added: int = 0  # beside the total: they were not on the list
    kept: int = 0

    @property
    def answered(self) -> int:
        return self.confirmed + self.corrected + self.retired + self.not_found + self.kept

    @property
    def left(self) -> int:
        return self.total - self.answered

    @property
    def percent(self) -> int:
        """Whole percent, rounded down: 100 means all. An empty list is done."""
        return 100 if not self.total else self.answered * 100 // self.total

    def __add__(self, other: "Progress") -> "Progress":
        return Progress(
            self.total + other.total, self.confirmed + other.confirmed, self.corrected + other.corrected, self.retired + other.retired,
            self.not_found + other.not_found, self.added + other.added, self.kept + other.kept,
        )  # fmt: skip


def progress(states: Mapping[str, int]) -> Progress:
    """Return the progress out of counts by item state.

    >>> progress({"asked": 2, "confirmed": 1, "added": 4}).percent
    33
    """
    given = {item: int(states.get(item, 0)) for item in Item}
    total = sum(number for item, number in given.items() if item not in (Item.ADDED, Item.DROPPED))
    return Progress(
        total, given[Item.CONFIRMED], given[Item.CORRECTED], given[Item.RETIRED], given[Item.NOT_FOUND], given[Item.ADDED], given[Item.KEPT]
    )


def standing(part: str, share: Progress, *, late: bool, ended: bool = False) -> Standing:
    """Return how a part stands; `late`: its day is over, `ended`: the whole order is.

    >>> [str(standing("open", Progress(total=4, confirmed=n), late=True)) for n in (0, 1, 4)]
    ['abandoned', 'late', 'under_way']
    """
    begun = bool(share.answered or share.added)
    if part == Part.DONE:
        return Standing.DONE
    if part == Part.GIVEN_BACK and (not ended or (begun and not share.left)):
        return Standing.GIVEN_BACK
    if ended or part == Part.UNDONE:
        return Standing.UNDONE if begun else Standing.ABANDONED
    if not begun:
        return Standing.ABANDONED if late else Standing.NOT_BEGUN
    return Standing.LATE if late and share.left else Standing.UNDER_WAY


def tone(part: str, share: Progress, *, late: bool) -> str:
    """Return the colour of a part: done, past its date, half way, begun, nothing yet. The word stands beside it.

    >>> tone("open", Progress(total=4, confirmed=1), late=False)
    'accent'
    """
    if part == Part.DONE:
        return "in_time"
    if part in (Part.GIVEN_BACK, Part.UNDONE):
        return "paused" if share.left == 0 else "overdue"
    if late:
        return "overdue"
    if not share.total:
        return "accent" if share.added else "neutral"
    if share.percent >= 50:
        return "soon" if share.percent < 100 else "in_time"
    return "accent" if share.answered or share.added else "neutral"


@dataclass
class Summary:
    """What an order found, for page and sheet. `fields` counts corrections by what was wrong; `place` is one of them."""

    progress: Progress = field(default_factory=Progress)
    fields: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    refused: int = 0
    undone: int = 0


def summary(states: Mapping[str, int], corrections: Iterable[Mapping[str, object]], findings: Mapping[str, int]) -> Summary:
    """Add up an order: item states, what each applied or waiting correction changed, answers by what became of them."""
    found = Summary(progress(states))
    for changed in corrections:
        for name in changed:
            found.fields[name] = found.fields.get(name, 0) + 1
    found.fields = dict(sorted(found.fields.items(), key=lambda kv: (-kv[1], kv[0])))
    found.waiting, found.refused = int(findings.get(Finding.WAITING, 0)), int(findings.get(Finding.REFUSED, 0))
    found.undone = found.progress.left
    return found
