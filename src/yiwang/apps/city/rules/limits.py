"""Which limit a case and its stages get (时限), milestones included; the counting is `kernel.worktime`."""

from collections.abc import Mapping
from dataclasses import dataclass

from yiwang.apps.city.rules.manual import Limit, ManualRow, Milestone, Unit

# Used when the city sets none: continuous minutes (reference 2.7).
STAGE_LIMITS: Mapping[str, Limit] = {
    "accept": Limit(value=15, unit=Unit.URGENT_MINUTE),
    "dispatch": Limit(value=15, unit=Unit.URGENT_MINUTE),
    "district_dispatch": Limit(value=15, unit=Unit.URGENT_MINUTE),
    "verify": Limit(value=30, unit=Unit.URGENT_MINUTE),
    "verify_parallel": Limit(value=30, unit=Unit.URGENT_MINUTE),
    "check": Limit(value=30, unit=Unit.URGENT_MINUTE),
}
MAX_EXTENSIONS = 2
MAX_SUSPENSION_DAYS = 365


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The limits of a filed case: the whole, and the milestones inside it in order of their end."""

    whole: Limit
    milestones: tuple[Milestone, ...]
    row: str


def plan(row: ManualRow) -> Plan:
    """Return the limits of a manual row. Milestones are counted from the same start and ordered by length."""
    steps = tuple(sorted(row.milestones, key=lambda m: m.limit.minutes))
    return Plan(whole=row.limit, milestones=steps, row=row.condition_id)


def stage_limit(step: str, city: Mapping[str, Limit] | None = None) -> Limit | None:
    """Return the limit of a stage: the city's own, else the default, else None (no clock)."""
    return (city or {}).get(step) or STAGE_LIMITS.get(step)


def shorter(one: Limit, other: Limit | None) -> Limit:
    """Return the stricter of two limits, for a supervision (督办) that shortens one; different clocks keep the first."""
    if other is None or one.is_continuous != other.is_continuous:
        return one
    return other if other.minutes < one.minutes else one


def extension(row_limit: Limit, granted: int) -> tuple[Limit, str] | None:
    """Return what one extension (延期) adds and who approves it, or None when both are used up.

    Each adds one original limit; the first is the shift leader's, the second the centre leaders'.
    """
    if granted >= MAX_EXTENSIONS:
        return None
    return row_limit, "shift_leader" if granted == 0 else "centre_leader"
