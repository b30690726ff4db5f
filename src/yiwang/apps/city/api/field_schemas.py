"""What the inspector's phone sends and gets. Moments are ISO 8601 with zone, places degrees WGS 84."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, FiniteFloat
from pydantic_core import PydanticCustomError

from yiwang.kernel.base.api import Text


def _of_a_clock(value: datetime) -> datetime:
    """Take whatever a battery that was empty may say; nothing that arithmetic could not hold."""
    if not 1900 <= value.year <= 2200:
        raise PydanticCustomError("moment", "no clock says this")
    return value


Moment = Annotated[AwareDatetime, AfterValidator(_of_a_clock)]
Lon = Annotated[FiniteFloat, Field(ge=-180, le=180)]
Lat = Annotated[FiniteFloat, Field(ge=-90, le=90)]
Accuracy = Annotated[FiniteFloat, Field(ge=0, le=1_000_000)]


class PlaceIn(Schema):
    model_config = {"extra": "forbid"}

    lon: Lon
    lat: Lat
    accuracy_m: Accuracy | None = None
    source: Literal["gps", "pin", "component", "plate"] = "gps"


class ActIn(Schema):
    """One thing that was done on the street. Both moments are the phone's clock; `Idempotency-Key` is `uid`."""

    model_config = {"extra": "forbid"}

    uid: UUID
    kind: Literal["report", "task", "census", "shift_in", "shift_out"]
    occurred_at: Moment
    sent_at: Moment = Field(description="not part of what has to be the same in a repeat")
    place: PlaceIn | None = None
    no_place_reason: Annotated[Text, Field(max_length=200)] = ""
    files: Annotated[list[UUID], Field(max_length=9)] = []
    data: dict[str, Any] = Field({}, description="report: class_code text asset_uid mode; task: task_uid action values reason; census: task_uid or order_uid, asset_uid answer values; shift: grid_uid")
    person_uid: UUID | None = Field(None, description="who did it; 401 when somebody else is signed in")


class CaseTold(Schema):
    uid: UUID
    number: str | None
    state: str


class ShiftTold(Schema):
    uid: UUID
    began_at: AwareDatetime


class FixTold(Schema):
    system: str = Field(description="gcj02: the browser gives shifted places")
    sure: bool = Field(description="a known point said so; the places are set right here")
    off_m: float | None


class ActOut(Schema):
    uid: UUID
    outcome: str
    case: CaseTold | None
    clock_off_s: int
    shift: ShiftTold | None = None
    fix: FixTold | None = None
    census: dict[str, Any] | None = None


class TrackIn(Schema):
    model_config = {"extra": "forbid"}

    uid: UUID
    shift_uid: UUID
    sent_at: Moment
    points: Annotated[list[tuple[Moment, Lon, Lat, Accuracy | None]], Field(max_length=2000)] = []
    gaps: Annotated[list[tuple[Moment, Moment, Literal["no_fix", "screen_locked", "off"]]], Field(max_length=200)] = []


class PositionsIn(Schema):
    model_config = {"extra": "forbid"}

    device: Annotated[Text, Field(min_length=1, max_length=60)]
    person_uid: UUID = Field(description="whose badge or phone it is")
    points: Annotated[list[tuple[Moment, Lon, Lat, Accuracy | None]], Field(max_length=2000)]


class KeptOut(Schema):
    kept: int
    refused: int = Field(description="a jump, no accuracy, on no shift")


class PersonTold(Schema):
    uid: str
    name: str
    posts: list[str]


class KnownPoint(Schema):
    lon: float
    lat: float
    name: str
    radius_m: float


class FieldMe(Schema):
    person: PersonTold
    server_time: AwareDatetime
    shift: ShiftTold | None
    settings: dict[str, Any]
    known_point: KnownPoint | None
    csrf: str = Field(description="X-CSRFToken of what is sent next")


class PackOut(Schema):
    version: str
    grids: list[dict[str, Any]]
    classes: list[dict[str, Any]]
    bounds: list[float] | None
    tiles: dict[str, Any]


class FieldTasks(Schema):
    tasks: list[dict[str, Any]]
    as_of: AwareDatetime


class FieldMessages(Schema):
    messages: list[dict[str, Any]]
    next: str


class FieldFigures(Schema):
    today: dict[str, int]
    month: dict[str, int]
    cover: dict[str, float]
