"""Installing and changing the limits of sharing."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models.share import SharingSettings
from yiwang.apps.datahub.queries.share import settings as queries
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput


def install() -> None:
    """Keep the shipped limits as the first version; does nothing when there is one."""
    if not SharingSettings.objects.exists():
        with transaction.atomic():
            SharingSettings.objects.get_or_create(
                version=1, defaults={"values": queries.shipped(), "reason": "shipped", "made_at": now()}
            )


@transaction.atomic
def change_days(actor: Actor, days: dict[str, int], reason: str) -> SharingSettings:
    """Keep new limits of working days as the next version; what runs keeps the due times it has.

    Raises
    ------
    NotPermitted, BadInput
        Not his to change; no reason; an unknown name, or no number from 1 to 250.
    """
    if not actor.may_anywhere("datahub.share.settle"):  # they hold for the whole county, whatever the area of the post
        actor.require("datahub.share.settle")
    before = queries.in_force()
    known: dict[str, Any] = before["limits"]["working_days"]
    for name, value in days.items():
        if name not in known or not 1 <= value <= 250:
            raise BadInput.one(name, "range", _("A limit is a number of working days from 1 to 250."))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    last = SharingSettings.objects.select_for_update().order_by("-version").first()
    values = before | {"limits": before["limits"] | {"working_days": known | days}}
    made = SharingSettings.objects.create(
        version=(last.version if last else 0) + 1, values=values, reason=reason.strip()[:500], made_by_name=actor.recorded_name[:80], made_at=now()
    )
    audit.record(actor, action="datahub.share.limits", data={"version": made.version, "days": days, "reason": made.reason})
    return made

