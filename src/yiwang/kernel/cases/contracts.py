"""What passes between the cases room, the apps and the doors. Plain Python."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from yiwang.kernel.base.actor import Actor
    from yiwang.kernel.cases.models import Case, MatterVersion, Report, Task


@dataclass(frozen=True)
class PersonDraft:
    """Personal values as they were typed; they go into `party` and nowhere else."""

    name: str = ""
    phone: str = ""
    id_number: str = ""
    address: str = ""
    secret: bool = False
    wants_answer: bool = True


@dataclass(frozen=True, kw_only=True)
class ReportDraft:
    """What a door hands in. Coordinates are WGS84 degrees; moments are aware."""

    channel: str
    text: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    address: str = ""
    files: tuple[UUID, ...] = ()  # attachments stored before
    files_token: str = ""  # with which somebody without an account uploaded them
    person: PersonDraft | None = None
    occurred_at: datetime | None = None
    uid: UUID | None = None  # minted by the phone
    source_key: str = ""
    mode: str = "live"
    device: Mapping[str, Any] = field(default_factory=dict)  # what a phone said of time and place of the act; kept with the event


@dataclass(frozen=True, kw_only=True)
class PreparedReport:
    """What the matter's hooks made of a draft: checked, placed, ready to store."""

    title: str
    area_id: int
    area_path: str
    region: str
    address: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)  # the process starts with these
    is_urgent: bool = False
    person: PersonDraft | None = None
    typed: Any = None  # the app's own, handed back to `after_open`


@dataclass(frozen=True)
class ReportReceipt:
    report_uid: UUID
    case_uid: UUID
    query_code: str
    repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskScope:
    """Where a new task waits: who holds `permission` there may do it, or the named account alone."""

    permission: str
    area_path: str
    org_id: int | None = None
    org_path: str = ""
    account_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """A limit inside a limit (制止/罚/拆), counted from the same start; reached by the action `milestone`."""

    code: str
    name: Mapping[str, str]
    unit: str
    value: int


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit as the manual or the stage table says it; `rule` is the sentence that the case page prints."""

    unit: str
    value: int
    manual_row_id: int | None = None
    rule: str = ""
    milestones: tuple[Milestone, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActionRequest:
    """One thing that somebody wants to do. `action` is a code of the action table."""

    action: str
    case_uid: UUID | None = None
    task_uid: UUID | None = None
    outcome: str = ""
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[UUID, ...] = ()
    occurred_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    version: int | None = None  # of the case as the page showed it; not asked of phones
    device: Mapping[str, Any] = field(default_factory=dict)  # what a phone said of time and place of the act; kept with the event


def body_of(asked: ReportDraft | ActionRequest) -> dict[str, Any]:
    """Return what has to be the same in a repeat: everything but what the device says of this sending."""
    return {name: value for name, value in asdict(asked).items() if name != "device"}


@dataclass(frozen=True, kw_only=True)
class PaperEntry:
    """An act that was done on paper while nothing worked, entered afterwards by a clerk (断电断网照办).

    Only the room `paper` makes it, for a form that it printed before: the clocks count from the true time then.
    """

    clerk: "Actor"
    form: str  # its printed number
    line: int  # on the form, from 1


@dataclass(frozen=True)
class ActionResult:
    case_uid: UUID
    state: str
    version: int
    event_uid: UUID | None = None
    repeated: bool = False
    opened_tasks: tuple[UUID, ...] = ()


@dataclass
class ActionContext:
    """Handed to the hooks inside the transaction, with the case locked. They may fill the fields marked (out)."""

    actor: "Actor"
    case: "Case"
    task: "Task | None"
    request: ActionRequest
    config: Mapping[str, Any]
    at: datetime
    variables: dict[str, Any] = field(default_factory=dict)  # (out) for the process
    limit: Limit | None = None  # (out) for the disposal clocks
    event_data: dict[str, Any] = field(default_factory=dict)  # (out) facts for the event, never personal
    files_stage: str = "other"  # (out) before | verify | after | check


class MatterHooks(Protocol):
    """How an app takes part in the kernel's verbs. All run inside the kernel's transaction; any may refuse."""

    def prepare_report(self, actor: "Actor", version: "MatterVersion", draft: ReportDraft) -> PreparedReport: ...

    def after_open(self, case: "Case", report: "Report", prepared: PreparedReport) -> None: ...

    def task_scope(self, case: "Case", step: str, lane: str, index: int | None, variables: Mapping[str, Any]) -> TaskScope: ...

    def before_action(self, context: ActionContext) -> None: ...

    def after_action(self, context: ActionContext) -> None: ...


@dataclass(frozen=True)
class Move:
    """Something the reader may do now on a case page."""

    action: str
    label: str
    task_uid: UUID | None = None
    task_name: str = ""
    outcome: str = ""
    outcome_label: str = ""
    primary: bool = False
    needs_reason: bool = False
    step: str = ""  # the process step, or the request's kind; empty for what is done to the case itself
    blocked: str = ""  # why this person may not, in words (监管分离)
