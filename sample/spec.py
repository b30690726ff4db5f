"""What is asked for: size, seed and the day up to which the county has lived."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
CITY, DISTRICTS = "371599", ("371591", "371592", "371593")
DEFAULT_SEED = 20260701


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; shares are of closed cases."""

    name: str
    grids: int
    components: int
    closed: int
    open: int
    people: int
    duplicates: float = 0.03


SIZES = {
    "county": Size("county", grids=5000, components=60_000, closed=60_000, open=600, people=200),
    "small": Size("small", grids=500, components=2_000, closed=240, open=60, people=60),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """One county. `as_of` is the day that has just begun: everything happened before its midnight in Shanghai."""

    size: Size
    as_of: date
    seed: int = DEFAULT_SEED

    @property
    def end(self) -> datetime:
        return datetime.combine(self.as_of, time(), ZONE).astimezone(UTC)

    @property
    def start(self) -> datetime:
        return self.end - timedelta(days=365)

    def stream(self, *names: object) -> Random:
        """Return a random stream of its own for a part, so that parts do not disturb each other's draws."""
        return Random(":".join(map(str, (self.seed, self.size.name, *names))))


def uid(rng: Random, moment: datetime | None = None) -> UUID:
    """Return a UUIDv7 out of the stream; without a moment it carries the first of 2026."""
    milliseconds = int(moment.timestamp() * 1000) if moment else 1_767_225_600_000
    value = milliseconds << 80 | rng.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


class Picker:
    """Draws by weight; the sums are made once."""

    def __init__(self, weighted: list[tuple[object, float]]) -> None:
        from itertools import accumulate

        self.items = [item for item, _ in weighted]
        self.sums = list(accumulate(weight for _, weight in weighted))

    def draw(self, rng: Random) -> object:
        from bisect import bisect_right

        return self.items[min(bisect_right(self.sums, rng.random() * self.sums[-1]), len(self.items) - 1)]
