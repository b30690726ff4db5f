"""Numbers that go out over the live stream (大屏数字), as an app's manifest offers them (`boards`): a page that shows some names
them in the stream's address (`?board=city.screen&...`), and gets them when they moved, read once for all who look at the same.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.utils.module_loading import import_string

from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor

GAP_S = 1.0  # from one reading to the next: an act waits for it, then for the reading itself, and has 2 s


@dataclass(frozen=True)
class Seen:
    """Numbers that somebody looks at. Who may see the same has the same key."""

    name: str
    key: Hashable


class Board(Protocol):
    """What an app offers. Both run in a thread, outside of any request."""

    def key(self, actor: Actor, query: Mapping[str, str]) -> Hashable | None:
        """Return what the actor may look at by these words of an address; None for nothing."""

    def read(self, actor: Actor, key: Hashable, since: int) -> tuple[int, str]:
        """Return the last position that is counted in, and the numbers as one line of JSON, with what moved behind `since`."""


@cache
def _boards() -> dict[str, Board]:
    return {name: import_string(path) for manifest in registry.manifests().values() for name, path in manifest.boards}


def seen_by(actor: Actor, query: Mapping[str, str]) -> Seen | None:
    """Return the numbers that an address names, when there are such and the actor may see them."""
    board = _boards().get(query.get("board", ""))
    key = board.key(actor, query) if board is not None else None
    return None if key is None else Seen(query["board"], key)


def read(seen: Seen, actor: Actor, since: int) -> tuple[int, bytes]:
    """Return the position that the numbers have, and the message of the stream."""
    position, body = _boards()[seen.name].read(actor, seen.key, since)
    return position, f"event: numbers\ndata: {body}\n\n".encode()
