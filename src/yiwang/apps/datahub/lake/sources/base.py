"""What every adapter is asked, and what it gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What to read: settings without secrets, the secrets, where we stand, and a folder to stage in."""

    number: str  # of the source
    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    watermark: Mapping[str, Any]
    workspace: Path
    known: Callable[[str], bool] = lambda sha256: False  # was this very file taken before?

    def scrubbed(self, text: object) -> str:
        """Return another system's words without any of our secrets in them, in one short line."""
        words = str(text)
        for secret in self.secrets.values():
            if len(secret) > 2:
                words = words.replace(secret, "***")
        return " ".join(words.split())[:300]


def key_of(*parts: object) -> str:
    """Return the idempotency key of a portion: 64 characters out of what makes it this one."""
    return hashlib.sha256("\x1f".join(str(p) for p in parts).encode("utf-8", "surrogatepass")).hexdigest()


def nothing() -> None:
    """What most portions want done after they have landed."""


@dataclass(frozen=True, kw_only=True)
class Portion:
    """A piece that lands as a whole: a file on our own disk. The same `key` again is the same piece again."""

    path: Path
    name: str
    key: str
    watermark: dict[str, Any]  # where the source stands once it has landed
    rows: int | None = None  # staged by us
    rows_there: int | None = None  # counted by the source in the same moment
    sha256: str = ""  # of a file that a bureau wrote
    columns: tuple[str, ...] = ()
    again: bool = False  # this very file has landed before
    taken: Callable[[], None] = nothing  # after it has landed
    set_aside: Callable[[str], None] = field(default=lambda why: None)  # after it was refused for what is in it
