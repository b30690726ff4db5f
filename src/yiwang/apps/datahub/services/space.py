"""The catalogue of ground layers: what is said of each, and shapes that somebody drew."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib.gis.geos import GEOSGeometry, Point
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import GroundLayer
from yiwang.apps.datahub.queries import space as reads
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.geography.queries import layers
from yiwang.kernel.geography.rules.points import PointError, checked_point
from yiwang.kernel.geography.services.shapes import multipolygon

MOST_CORNERS = 2000


@transaction.atomic
def describe(actor: Actor, *, layer: str = "", uid: UUID | None = None, theme: str, reference_on: date | None = None, standard: str = "", grade: int = 2, note: str = "", is_sample: bool = False) -> GroundLayer:
    """Put a layer of the map into the catalogue (by its code), or change what is said of one (by its entry's uid).

    Raises
    ------
    NotPermitted, NotFound
    BadInput
        No such theme, or the layer is in the catalogue already.
    """
    actor.require(reads.DESCRIBE, area_path=next((s.area_path for s in actor.scopes(reads.DESCRIBE)), ""))
    if theme not in dict(reads.THEMES):
        raise BadInput.one("theme", "choice", _("Choose a theme."))
    if uid is not None:
        found = GroundLayer.objects.select_for_update().get(pk=reads.entry_for(actor, uid).row.pk)
    else:
        given = layers.layer(actor, layer)
        if GroundLayer.objects.filter(layer=given).exists():
            raise BadInput.one("layer", "taken", _("This layer is in the catalogue already."))
        found = GroundLayer(layer=given, is_sample=is_sample)
    found.theme, found.reference_on, found.standard, found.grade, found.note = theme, reference_on, standard.strip()[:200], grade, note.strip()[:300]
    found.changed_by_id, found.changed_at = actor.account_id, now()
    found.save()
    audit.record(actor, action="datahub.ground_layer.described", data={"layer": found.layer.code, "theme": theme, "grade": grade})
    return found


def place(lon: str, lat: str, shape: str) -> GEOSGeometry | None:
    """Return the polygon that was drawn, else the point that was named, else None; BadInput for one that is none."""
    if shape:
        made = multipolygon(shape)
        if made.num_coords > MOST_CORNERS:
            raise BadInput.one("shape", "corners", _("The shape has more than %(n)s corners.") % {"n": MOST_CORNERS})
        return made
    if not lon and not lat:
        return None
    try:
        return Point(*checked_point(lon, lat), srid=4326)
    except PointError as error:
        raise BadInput.one("lon", error.reason, _("Longitude and latitude are degrees, like 115.98 and 36.45.")) from error
