"""What the city's doors hand to its services; plain Python. Places are longitude and latitude in WGS 84 degrees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where an inspector says that he is. `source`: gps, pin, component or plate."""

    lon: float
    lat: float
    accuracy_m: float | None = None
    source: str = "gps"


@dataclass(frozen=True, kw_only=True)
class FieldAct:
    """One thing that was done on the street, perhaps hours ago and without a network (城管通). Both moments are the phone's clock."""

    uid: UUID
    kind: str  # report, task, census, shift_in, shift_out
    occurred_at: datetime
    sent_at: datetime
    place: FieldPlace | None = None
    no_place_reason: str = ""
    files: tuple[UUID, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fix:
    """One position of a track, as it was sent; the moment is by the phone's clock."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class NoFix:
    """A span in which the phone knew no place (无定位), and why: no_fix, screen_locked, off."""

    begin: datetime
    end: datetime
    reason: str
