"""What a phone said of time and place, in words for the case page: both times, and how exact the place is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

LATE_S = 120  # sent so much later than done is worth saying


def _moment(value: Any) -> datetime | None:
    try:
        found = parse_datetime(str(value)) if value else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _words(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")


def span(seconds: float) -> str:
    """Return "1 d 2 h", "5 min" in the reader's language."""
    minutes = round(abs(seconds) / 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours} if hours else _("%(days)s d") % {"days": days}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest} if rest else _("%(hours)s h") % {"hours": hours}
    return _("%(minutes)s min") % {"minutes": rest}


def no_place_words(reason: str) -> str:
    """Return why an act has no place, in the reader's language; what a person wrote stays as it is."""
    return {"no_fix": _("no reception"), "refused": _("position not allowed on the phone")}.get(reason, reason[:200])


def told_by_phone(device: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (label, value) of what stands with an event: when the phone did and sent it, how wrong its clock was, the place."""
    found: list[tuple[str, str]] = []
    said, sent, received = (_moment(device.get(name)) for name in ("said_at", "sent_at", "received_at"))
    off = device.get("off_s") if isinstance(device.get("off_s"), int) else 0
    if said is not None and off:
        found.append((_("Phone's clock"), _words(said)))
        found.append((_("It was off by"), _("%(span)s slow") % {"span": span(off)} if off > 0 else _("%(span)s fast") % {"span": span(off)}))
    elif said is not None and sent is not None and (sent - said).total_seconds() > LATE_S:
        found.append((_("Done on the phone"), _words(said)))
    if received is not None and said is not None and ((sent or said) - said).total_seconds() > LATE_S:
        found.append((_("Received"), _words(received)))
    if device.get("no_place"):
        found.append((_("Without a place"), no_place_words(str(device["no_place"]))))
    sources = {"gps": _("by GPS"), "pin": _("pin on the map"), "component": _("component on the map"), "plate": _("plate scanned")}
    if device.get("source") in sources:
        accuracy = device.get("accuracy_m")
        exact = f" ±{accuracy:.0f} m" if isinstance(accuracy, int | float) and device["source"] == "gps" else ""
        found.append((_("Place"), sources[device["source"]] + exact))
    if device.get("from_system"):
        found.append((_("Place set right from"), "GCJ-02"))
    return found
