"""What an app hands over to be exported, and what it gets back. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Column:
    """`width` in characters. A `carrier` holds free text: now and then the unseen mark is put behind it."""

    key: str
    label: str
    width: int = 16
    carrier: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One sheet. Moments in the rows are local and without zone, as sheets want them."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """What the visible mark says."""

    number: str
    name: str
    post: str
    at: datetime
    hidden: str
    words: str = ""  # the filters, for people


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file that is on record."""

    name: str
    content: bytes
    content_type: str
    number: str
