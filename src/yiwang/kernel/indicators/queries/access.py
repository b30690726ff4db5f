"""Who sees which figures (谁看实时数据、谁看公布结果).

The rule, written down: league tables that were published are seen whole by everybody who holds `indicators.view`; so
everybody in the government knows where he stands. Figures of the moment, which nobody has checked yet, are seen by those
whose `indicators.view` covers the area asked and is not bound to a body: the supervision centre and the leaders of that
area. A handling department sees of the moment its own row alone, without a rank; a district's people see their own
district and what lies in it. The cases behind a number are a matter of the cases' own permissions, whoever asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.indicators.contracts import AREA_KINDS, ObjectKind

VIEW = "indicators.view"


@dataclass(frozen=True)
class Sight:
    """What an actor sees of figures of the moment: everything (`whole`), or only what is his own."""

    whole: bool
    area_paths: tuple[str, ...]  # his areas, where he is bound to no body
    org_paths: tuple[str, ...]  # his bodies
    account_id: int | None

    def own(self, kind: ObjectKind, keys: Iterable[str]) -> set[str]:
        """Return which of these objects are his own: one query at most."""
        wanted = {k for k in keys if k}
        if self.whole:
            return wanted
        if kind is ObjectKind.PERSON:
            return wanted & {str(self.account_id)}
        if kind is ObjectKind.DEPARTMENT and self.org_paths:
            rows = Organization.objects.filter(pk__in=[k for k in wanted if k.isdigit()]).values_list("pk", "path")
            return {str(pk) for pk, path in rows if path.startswith(self.org_paths)}
        if kind in AREA_KINDS and self.area_paths:
            areas = Area.objects.filter(pk__in=[k for k in wanted if k.isdigit()]).values_list("pk", "path")
            return {str(pk) for pk, path in areas if path.startswith(self.area_paths)}
        return set()


def roots() -> list[str]:
    """Return the paths of the root areas: who holds a permission in all of them holds it for the whole county."""
    return list(Area.objects.filter(parent__isnull=True, valid_to__isnull=True).values_list("path", flat=True))


def covers(actor: Actor, permission: str, area_path: str = "") -> bool:
    """Say whether the actor holds a permission for an area (empty: the whole county), bound to no body."""
    free = [s.area_path for s in actor.scopes(permission) if not s.org_path]
    if not free:
        return False
    wanted = [area_path] if area_path else roots() or [""]
    return all(any(path.startswith(f) for f in free) for path in wanted)


def sight(actor: Actor, area_path: str = "") -> Sight:
    """Return what the actor sees of the moment in an area; without the permission: nothing."""
    scopes = actor.scopes(VIEW)
    free = tuple(s.area_path for s in scopes if not s.org_path)
    return Sight(covers(actor, VIEW, area_path), free, tuple(s.org_path for s in scopes if s.org_path), actor.account_id)
