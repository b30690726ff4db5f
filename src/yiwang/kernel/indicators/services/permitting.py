"""Who may: an area alone is asked there; the whole county is asked at every root."""

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor


def require(actor: Actor, permission: str, *, area_path: str = "") -> None:
    """Refuse unless the actor holds the permission in the area, or, without one, in every root area. Raises NotPermitted."""
    paths = [area_path] if area_path else list(Area.objects.filter(parent__isnull=True, valid_to__isnull=True).values_list("path", flat=True))
    for path in paths or [""]:
        actor.require(permission, area_path=path)
