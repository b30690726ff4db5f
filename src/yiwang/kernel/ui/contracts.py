"""What the components show. Pages build these; templates also take any object or dict with the same names."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Tone = Literal["in_time", "soon", "overdue", "paused", "done", "neutral", "accent"]


@dataclass(frozen=True, kw_only=True)
class ClockView:
    """One limit (时限) as a reader sees it. Seconds are of counted time: working time where `working`.

    `remaining_s` is negative when overdue and None when there is no limit. `ticking` says that time is being counted at
    this moment, so that the browser may count on; outside working hours a working clock does not tick.
    """

    state: Tone
    due_at: datetime | None = None
    remaining_s: float | None = None
    soon_s: float = 7200
    ticking: bool = False
    working: bool = False  # a day is 8 hours
    label: str = ""  # which clock: case, department, stage
    until: datetime | None = None  # paused until
    late_s: float = 0  # of a finished clock: by how much it was late
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonView:
    """A person in a post; the phone is an office's number, never a citizen's."""

    name: str
    post: str = ""
    organization: str = ""
    phone: str = ""
    on_behalf_of: str = ""


@dataclass(frozen=True, kw_only=True)
class PlaceView:
    """A place in words, with WGS84 degrees when it is on the map."""

    label: str
    lon: float | None = None
    lat: float | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class FileView:
    """A file of a case. `flag` is a warning in words (a picture used elsewhere, far from the place)."""

    url: str
    name: str = ""
    thumb_url: str = ""
    kind: str = "photo"
    caption: str = ""
    taken_at: datetime | None = None
    flag: str = ""
    uid: str = ""


@dataclass(frozen=True, kw_only=True)
class TimelineItem:
    """One line of what happened (过程留痕)."""

    at: datetime
    what: str
    who: PersonView | str = ""
    text: str = ""
    tone: Tone = "neutral"
    icon: str = "point"
    files: tuple[FileView, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    recorded_at: datetime | None = None  # when it differs from `at`: entered later


@dataclass(frozen=True, kw_only=True)
class Step:
    """One stage of the process strip; `state` is done, now, later or skipped."""

    label: str
    state: Literal["done", "now", "later", "skipped"] = "later"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A tab, a saved view, a menu line."""

    label: str
    url: str
    current: bool = False
    count: int | None = None
    icon: str = ""
    remove_url: str = ""


@dataclass(frozen=True, kw_only=True)
class FilterWord:
    """One filter in words; `remove_url` is the list without it."""

    value: str
    label: str = ""
    remove_url: str = ""


@dataclass(frozen=True, kw_only=True)
class PageLinks:
    """The ends of a page of rows (paging by key): where before and after are, and how many there are at most."""

    previous_url: str = ""
    next_url: str = ""
    shown: int = 0
    total: int | None = None
    capped: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the data table. `kind`: text, num, code, clock, status, person, place, date, datetime, link."""

    key: str
    label: str
    kind: str = "text"
    sort_url: str = ""
    sorted: Literal["", "asc", "desc"] = ""
    main: bool = False  # the line that stays large when the table becomes cards on a phone


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the data table; `map_id` is the uid by which the map knows it."""

    cells: dict[str, Any]
    href: str = ""
    map_id: str = ""
    tone: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
