"""Plates: a code for an asset or a named place, printed on label sheets."""

import secrets
from collections.abc import Sequence
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import record
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.geography import queries as geography
from yiwang.kernel.paper import printing, queries
from yiwang.kernel.paper.errors import NothingToPrint
from yiwang.kernel.paper.models import Plate
from yiwang.kernel.paper.rules.serials import LETTERS
from yiwang.kernel.paper.services.printing import require_somewhere

PLATES = "paper.plates"
MOST = 420  # twenty sheets


def _code() -> str:
    """Return eight letters: 40 bits, so that codes are not found by counting on from one's own."""
    return "".join(secrets.choice(LETTERS) for _i in range(8))


@transaction.atomic
def asset_plates(actor: Actor, *, class_code: str = "", area_path: str = "", most: int = MOST) -> list[Plate]:
    """Make a plate for every asset of the choice that has none yet; those with one keep theirs.

    Raises
    ------
    NotPermitted, NothingToPrint
    """
    require_somewhere(actor, PLATES)
    if not texts.is_showable(class_code):
        raise NothingToPrint
    rows = queries.assets_without_plate(actor, class_code=class_code, area_path=area_path)[: min(most, MOST)]
    made = [
        Plate(
            code=_code(), asset=row, label=(texts.pick(row.name) or row.code)[:120], address=row.address or row.road,
            area_path=row.area_path, point=row.point, made_at=now(), made_by_id=actor.account_id,
        )
        for row in rows
    ]  # fmt: skip
    if not made:
        raise NothingToPrint
    Plate.objects.bulk_create(made)
    record(actor, action="paper.plates", data={"count": len(made), "class": class_code})
    return made


@transaction.atomic
def place_plate(actor: Actor, *, label: str, lon: float, lat: float, address: str = "") -> Plate:
    """Make a plate for a named place: a village, a square, a gate.

    Raises
    ------
    NotPermitted, OutsideArea
    BadInput
        No name, or no point.
    """
    facts = geography.place(lon, lat)
    path = facts.area.path if facts.area else ""
    actor.require(PLATES, area_path=path)
    if not label.strip() or not texts.is_showable(label) or len(label) > 120:
        raise BadInput.one("label", "required", _("Give the place a name, of 120 characters at most."))
    plate = Plate.objects.create(
        code=_code(), label=label.strip(), address=address.strip()[:256], area_path=path, point=Point(facts.lon, facts.lat, srid=4326),
        made_at=now(), made_by_id=actor.account_id,
    )  # fmt: skip
    record(actor, action="paper.plates", data={"count": 1, "plate": plate.code}, area_path=path)
    return plate


@transaction.atomic
def retire(actor: Actor, code: str) -> Plate:
    """Take a plate out of use (removed, moved, copied); its code is never used again.

    Raises
    ------
    NotFound
    """
    plate = queries.plates(actor).filter(code=code).first()
    if plate is None:
        raise NotFound(what="plate")
    plate.retired_at = now()
    plate.save(update_fields=["retired_at"])
    record(actor, action="paper.retire", data={"plate": code}, area_path=plate.area_path)
    return plate


def plates_pdf(plates: Sequence[Plate], *, site: str) -> bytes:
    """Return A4 label sheets, 21 plates each."""
    found: list[dict[str, Any]] = [
        {
            "code": f"{plate.code[:4]} {plate.code[4:]}", "label": plate.label, "address": plate.address,
            "asset": plate.asset.code if plate.asset else "", "qr": printing.qr_svg(f"{site}/p/{plate.code}"),
        }
        for plate in plates
    ]  # fmt: skip
    if not found:
        raise NothingToPrint
    return printing.pdf("plates", {"title": _("Plates"), "hint": _("Scan to report a problem here"), "plates": found})
