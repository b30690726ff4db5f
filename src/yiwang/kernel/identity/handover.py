"""What hangs on an account besides its posts: rooms above say here how much of it there is and pass it on (移交).

`kernel.cases` registers open tasks. A room registers a name, a count, and a function that moves everything of its kind.
"""

from collections.abc import Callable
from dataclasses import dataclass

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity.models import Account


@dataclass(frozen=True)
class Passed:
    """How much of one kind went to the person, and how much back to the post because he may not do it."""

    to_person: int = 0
    to_post: int = 0


Count = Callable[[int], int]  # account id -> how much is open
PassOn = Callable[[Actor, Account, Account | None, str], Passed]  # who acts, from, to (None: the post), why
_kinds: dict[str, tuple[Count, PassOn]] = {}


def register_handover(name: str, count: Count, pass_on: PassOn) -> None:
    """Let a kind of open work be counted, and passed on in the transaction in which its account leaves."""
    _kinds[name] = (count, pass_on)


def open_work(account_id: int) -> dict[str, int]:
    """Return how much of each kind is open in the name of an account."""
    return {name: count(account_id) for name, (count, _) in _kinds.items()}


def pass_on_all(actor: Actor, account: Account, to: Account | None, reason: str) -> dict[str, Passed]:
    """Pass everything on, inside the caller's transaction."""
    return {name: pass_on(actor, account, to, reason) for name, (_, pass_on) in _kinds.items()}
