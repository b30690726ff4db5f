"""What happened to one case, as values: who did which step when, and how its clocks ran. No database ids."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(slots=True)
class Step:
    """One task and the act that ended it. `done_at` None: it is still open. `kind` process, or a request's kind."""

    step: str
    opened_at: datetime
    done_at: datetime | None = None
    who: str = ""
    outcome: str = ""
    action: str = "complete"
    kind: str = "process"
    due_at: datetime | None = None
    org: str = ""
    reason: str = ""
    data: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Clock:
    """A disposal clock; `lines` are (change, action, at, consumed minutes, due, by)."""

    name: str
    unit: str
    value: int
    minutes: int
    total: int
    started_at: datetime
    due_at: datetime
    consumed: float
    stopped_at: datetime
    lines: list[tuple[str, str, datetime, float, datetime, str]]


@dataclass(slots=True)
class Story:
    """One case from the report to its end (or to `goal`, the state in which an open one waits)."""

    index: int
    uid: UUID
    report_uid: UUID
    channel: str
    kind: str
    class_code: str
    title: str
    text: str
    point: tuple[float, float]
    address: str
    grid: str
    district: str
    street: str
    patrol: str
    reported_at: datetime
    reporter: str  # username; "" = the public, a client or another system
    component: str = ""
    condition: str = ""
    org: str = ""
    rule: str = ""
    urgent: bool = False
    verified: bool = False
    self_handled: bool = False
    number: str = ""
    outcome: str = ""
    goal: str = ""
    filed_at: datetime | None = None
    dispatched_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    steps: list[Step] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    reworks: int = 0
    returns: int = 0
    extensions: int = 0
    duplicate_of: int | None = None  # planted: the index of the case that it repeats
    main: int | None = None  # the clerk saw it: joined to this case
    rating: int = 0
    query_code: str = ""


@dataclass(slots=True)
class Twin:
    """A further open case that stands exactly where another stands (`of`), at another place of the same street.

    Playing every open case through the platform takes a third of a second each; one in five is played, the others take
    over its engine state, tasks and clocks, moved by `shift_s` seconds.
    """

    index: int
    of: int
    uid: UUID
    report_uid: UUID
    query_code: str
    shift_s: float
    title: str
    text: str
    address: str
    point: tuple[float, float]
    grid: str
    patrol: str
    component: str = ""
