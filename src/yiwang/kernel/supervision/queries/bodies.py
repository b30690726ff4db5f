"""The bodies that somebody may give orders and cards to."""

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity.permits import visible
from yiwang.kernel.identity.queries import organizations


def choices(actor: Actor, permission: str) -> list[tuple[str, str]]:
    """Return the working bodies inside the places where the actor holds the permission, as (uid, name), in the order of the tree."""
    rows = visible(organizations(), actor, permission, area="area__path", org="path")
    return [(str(o.uid), f"{'　' * max(0, o.path.count('.') - 1)}{texts.pick(o.name)}") for o in rows]
