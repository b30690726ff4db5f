"""What passes between supervision, the apps and the doors. Plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

Texts = Mapping[str, str]


class Colour(StrEnum):
    """A card's colour; the weaker first. Yellow and red are the cards of the field (黄牌, 红牌); green reminds."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Phase(StrEnum):
    """When a rule speaks: before, at or after a limit."""

    BEFORE = "before"
    AT = "at"
    AFTER = "after"


class Form(StrEnum):
    """An order of a supervising body (督办), or a leader's own note (批示): both are answered."""

    ORDER = "order"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """One step up: told when nobody has answered `after_minutes` working minutes after the card."""

    after_minutes: int
    tell: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One warning rule (预警规则).

    `clock` is case, department, stage, milestone or order. Before the limit it counts from `share` of the limit used
    (0 to 1) or `left_minutes`; after it from `over_minutes`; all in the clock's own time. `tell` names doer, post, leader,
    supervisor, giver, or post:<code>. Empty filters let everything through; classes are beginnings of class codes.
    """

    code: str
    name: Texts
    clock: str
    phase: Phase
    share: float | None = None
    left_minutes: int | None = None
    over_minutes: int | None = None
    colour: Colour | None = None
    tell: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    urgent: bool = False
    escalate: tuple[Escalation, ...] = ()
    areas: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a rule is asked about: which limit, where, of what class and step."""

    clock: str
    mark: str  # "share:0.8", "left:60", "at", "over:480"
    area_codes: frozenset[str] = frozenset()  # the area's own code and those above it
    class_code: str = ""
    step: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderDraft:
    """A supervision order as it is given. Either `cases` or `orgs`, or both; without a case it is about its title (专题).

    The deadline is a moment, or so many units of working time from now (`worktime.contracts.Kind`).
    """

    title: str
    text: str
    form: str = Form.ORDER
    cases: tuple[UUID, ...] = ()
    orgs: tuple[UUID, ...] = ()
    due_at: datetime | None = None
    limit: int | None = None
    unit: str = "work_day"
    urgent: bool = False
    files: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class OrderReceipt:
    """What an order came to: its number, and the tasks that were opened on its cases."""

    uid: UUID
    number: str
    tasks: tuple[UUID, ...] = ()
    repeated: bool = False


@dataclass(frozen=True)
class CardReceipt:
    uid: UUID
    repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class RedLine:
    """One thing that is red: what, whose, since when, and its page. `kind` is task, order, note, card or help."""

    kind: str
    title: str
    number: str
    body: Texts
    person: str
    since: datetime
    url: str
    case_uid: UUID | None = None
    colour: str = ""


@dataclass(frozen=True, kw_only=True)
class Red:
    """What is red in somebody's area now: counts of the whole, and the oldest lines first."""

    overdue_tasks: int = 0
    orders: int = 0
    notes: int = 0
    helps: int = 0
    red_cards: int = 0
    yellow_cards: int = 0
    lines: tuple[RedLine, ...] = field(default=())

    @property
    def total(self) -> int:
        return self.overdue_tasks + self.orders + self.notes + self.red_cards
