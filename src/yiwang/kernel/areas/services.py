"""Writes to the tree of jurisdictions."""

from collections.abc import Mapping

from django.db import transaction

from yiwang.kernel.areas.models import Area


@transaction.atomic
def add_area(
    *, level: str, code: str, name: Mapping[str, str], parent: Area | None = None, region: str = "", **more: object
) -> Area:
    """Add one jurisdiction below `parent`; the path is made from the database's own id."""
    area = Area(level=level, code=code, name=dict(name), parent=parent, path=f"new-{code}",
                region=region or (parent.region if parent else code[:6]), **more)
    area.save()
    area.path = f"{parent.path if parent else ''}{area.pk}."
    area.save(update_fields=["path"])
    return area
