"""What goes over the wire. Moments are ISO 8601 with zone, coordinates degrees WGS 84, classes `kind:code`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import AwareDatetime, FiniteFloat

from yiwang.kernel.base.api import Text

Line = Annotated[Text, Field(max_length=256)]
Code = Annotated[Text, Field(max_length=80)]
Reason = Annotated[Text, Field(max_length=2000)]
MOST_FILES = 9


class PersonIn(Schema):
    """Who reported; stored encrypted, shown masked."""

    model_config = {"extra": "forbid"}

    name: Annotated[Text, Field(max_length=60)] = ""
    phone: Annotated[Text, Field(max_length=30)] = ""
    address: Line = ""
    secret: bool = Field(False, description="no handling department sees who it was")
    wants_answer: bool = True


class ReportIn(Schema):
    """A problem. Either a point (lon, lat), a component's code, or an address says where it is."""

    model_config = {"extra": "forbid", "populate_by_name": True}

    text: Annotated[Text, Field(max_length=10_000)] = Field("", description="at most 2000 characters")
    class_: Code = Field("", alias="class", description="kind:code, for example matter:06001; see GET /classes")
    component: Code = Field("", description="code of the component (部件标识码)")
    lon: FiniteFloat | None = None
    lat: FiniteFloat | None = None
    accuracy_m: Annotated[FiniteFloat, Field(ge=0, le=1_000_000)] | None = None
    address: Line = ""
    files: Annotated[list[UUID], Field(max_length=30)] = Field([], description="numbers that POST /files gave")
    person: PersonIn | None = None
    occurred_at: AwareDatetime | None = None
    uid: UUID | None = Field(None, description="the report's own number, if the sender mints it (UUIDv7)")
    channel: Annotated[Text, Field(max_length=24)] = Field("", description="as the sender's rights allow; a client's is `api`")
    case: UUID | None = Field(None, description="an open case that this is a further report of")
    self_handled: bool = Field(False, description="inspectors: fixed on the spot, with photos before and after")


class ReportOut(Schema):
    report: UUID
    case: UUID
    query_code: str = Field(description="with which the reporter asks how it stands, without signing in")
    repeated: bool = Field(description="the same Idempotency-Key came before; nothing was done again")


class CaseRow(Schema):
    model_config = {"populate_by_name": True}

    uid: UUID
    number: str | None = Field(description="drawn when the case is filed (立案)")
    title: str
    state: str
    state_name: str
    outcome: str
    class_: str = Field(alias="class")
    class_name: str
    is_urgent: bool
    channel: str
    address: str
    point: list[float] | None = Field(description="[lon, lat]")
    area: str
    area_name: str
    org: str
    org_name: str
    reported_at: datetime
    filed_at: datetime | None
    due_at: datetime | None = Field(description="of the clock that runs now")
    closed_at: datetime | None
    suspended_until: datetime | None
    version: int = Field(description="give it back with an action to be told when somebody was faster")


class CasePage(Schema):
    items: list[CaseRow]
    next: str = Field(description="give it back as `cursor`; empty at the end")
    previous: str
    total: int | None = Field(None, description="with ?total=true; counting stops at 10,000")
    total_capped: bool = False


class ClockOut(Schema):
    name: str = Field(description="case, department or stage")
    step: str
    unit: str
    limit_value: int
    state: str
    tone: str = Field(description="in_time, soon, overdue, paused or done")
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    total_minutes: float
    consumed_minutes: float
    rule: str


class PartyOut(Schema):
    """Masked; the plain values are read on the page only, with a purpose that goes on record."""

    role: str
    name: str
    phone: str
    is_secret: bool
    is_hidden: bool


class FileOut(Schema):
    uid: UUID
    kind: str
    stage: str
    media_type: str
    url: str
    thumb_url: str | None


class MoveOut(Schema):
    """Something that the reader may do now."""

    action: str
    label: str
    task: UUID | None
    outcome: str
    outcome_label: str
    needs_reason: bool
    blocked: str


class CaseOut(CaseRow):
    description: str
    data: dict[str, Any]
    main_case: UUID | None
    clocks: list[ClockOut]
    parties: list[PartyOut]
    files: list[FileOut]
    moves: list[MoveOut]
    reports: int


class EventOut(Schema):
    seq: int
    uid: UUID
    action: str
    step: str
    outcome: str
    from_state: str
    to_state: str
    occurred_at: datetime
    recorded_at: datetime
    actor_kind: str
    actor_name: str
    post_name: str
    org_name: str
    data: dict[str, Any]


class EventList(Schema):
    items: list[EventOut]


class TaskCase(Schema):
    uid: UUID
    number: str | None
    title: str
    state: str
    address: str


class TaskRow(Schema):
    uid: UUID
    kind: str
    step: str
    name: str
    is_urgent: bool
    opened_at: datetime
    seen_at: datetime | None
    due_at: datetime | None
    case: TaskCase


class TaskPage(Schema):
    items: list[TaskRow]
    next: str
    previous: str


class ActionIn(Schema):
    """One action of the action table; which ones fit stands in `moves` of the case."""

    model_config = {"extra": "forbid"}

    action: Code = Field(description="complete, return, redispatch, transfer, suspend, extend, urge, ...")
    outcome: Code = Field("", description="of `complete`: which way, as the step names them")
    reason: Reason = ""
    data: dict[str, Any] = Field({}, description="what the step asks for: condition, departments, until ...")
    files: Annotated[list[UUID], Field(max_length=30)] = []
    occurred_at: AwareDatetime | None = None
    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)] | None = None
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)] | None = None
    version: int | None = Field(None, ge=0, description="of the case as it was read")


class ActionOut(Schema):
    case: UUID
    state: str
    version: int
    event: UUID | None
    opened_tasks: list[UUID]
    repeated: bool


class ClassOut(Schema):
    model_config = {"populate_by_name": True}

    class_: str = Field(alias="class")
    kind: str
    code: str
    name: dict[str, str]
    major: str
    major_name: dict[str, str]
    standard: str


class ClassList(Schema):
    items: list[ClassOut]


class GrantOut(Schema):
    permission: str
    areas: list[str] = Field(description="paths below which it holds; empty text is everywhere")


class MeOut(Schema):
    kind: str
    name: str
    post: str
    roles: list[str]
    permissions: list[GrantOut]
    language: str


class UploadOut(Schema):
    uid: UUID
    kind: str
    stage: str
    name: str
    media_type: str
    size: int
    url: str
    thumb_url: str | None
