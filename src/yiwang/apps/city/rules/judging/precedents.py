"""Which precedents are near a case, and when two that agree make a rule (判例成规)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A precedent as the rules see it: keys of areas (path), owner and who answers."""

    key: int
    area_path: str
    street: int | None = None
    district: int | None = None
    owner: int | None = None
    org: int
    order: float = 0.0  # greater is later


@dataclass(frozen=True)
class Scope:
    """Where a proposed row holds: for components of an owner, or in a street or district."""

    owner: int | None = None
    area: int | None = None


def shared(one: str, other: str) -> int:
    """Return how many areas two paths have in common, counted from the top.

    >>> shared("1.4.17.", "1.4.9."), shared("1.4.", "1.4."), shared("1.", "2.")
    (2, 2, 0)
    """
    count = 0
    for a, b in zip(one.strip(".").split("."), other.strip(".").split("."), strict=False):
        if not a or a != b:
            break
        count += 1
    return count


def nearest(found: Iterable[Settled], *, area_path: str, owner: int | None) -> list[Settled]:
    """Order precedents of one class for a place: the same owner's first, then the nearest area, then the latest."""
    return sorted(found, key=lambda p: (not (owner is not None and p.owner == owner), -shared(p.area_path, area_path), -p.order, -p.key))


def agreeing(new: Settled, others: Sequence[Settled]) -> tuple[Scope, list[int]] | None:
    """Return where the new precedent and earlier ones of its class agree, with their keys; None when it stands alone.

    The same owner weighs more than the same street, and that more than the same district. A precedent in the same scope that
    says otherwise speaks against a rule: then none is proposed.
    """
    for scope, same in (
        (Scope(owner=new.owner), lambda p: new.owner is not None and p.owner == new.owner),
        (Scope(area=new.street), lambda p: new.street is not None and p.street == new.street),
        (Scope(area=new.district), lambda p: new.district is not None and p.district == new.district),
    ):
        alike = [p for p in others if same(p)]
        if alike and all(p.org == new.org for p in alike):
            return scope, sorted([*(p.key for p in alike), new.key])
        if alike:
            return None
    return None
