"""What the engine and its callers pass to each other. Nothing here knows a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

StepKind = Literal["user", "timer", "service"]
Names = dict[str, str]  # {"zh-Hans": "受理", "en": "Accept"}


@dataclass(frozen=True)
class Step:
    """A step that waits. ``engine_id`` is new each time a step opens, also when a loop or `go_back` opens it again."""

    engine_id: str
    spec: str  # the BPMN id
    kind: StepKind
    name: Names
    lane: str  # the lane's BPMN id, "" without lanes
    index: int | None  # number of the instance in a parallel multi-instance step, from 0
    group: str | None  # engine id of what this step runs in parallel under; None when it runs alone
    due_at: datetime | None  # timers only, aware UTC
    data: Mapping[str, Any]  # what belongs to this instance alone, such as {"department": ...}


@dataclass(frozen=True)
class DecisionTrace:
    """Which rows of a decision table decided (决策留痕)."""

    decision_id: str
    table_version: str  # the first 16 hex digits of the DMN file's SHA-256
    matched_rows: tuple[int, ...]  # counted from 1, as the editor shows them
    row_ids: tuple[str, ...]
    inputs: dict[str, Any]
    outputs: Any  # a dict; a list of dicts for COLLECT and RULE ORDER


@dataclass(frozen=True)
class Advance:
    """What one call to the engine did. ``state`` is to be stored, compressed JSON of a few hundred bytes to a few KB."""

    state: bytes
    waiting: tuple[Step, ...]
    opened: tuple[Step, ...]
    closed: tuple[str, ...]  # engine ids that vanished without being completed by the caller and without firing
    decisions: tuple[DecisionTrace, ...]
    ended: bool
    end_id: str | None  # BPMN id of the end event that was reached last
    variables: dict[str, Any]
    fired: tuple[str, ...] = ()  # engine ids of timers that fired


@dataclass(frozen=True)
class Outcome:
    """One way out of a user task: a value of ``outcome`` that the gateway behind it asks for."""

    value: str
    name: Names  # the sequence flow's label
    target: str  # BPMN id that the flow leads to
    when: str = ""  # what else the condition asks, as written; "" = nothing


@dataclass(frozen=True)
class StepSpec:
    """A user task of the diagram, in diagram order (left to right, top to bottom)."""

    spec: str
    name: Names
    lane: str
    lane_name: Names
    documentation: Names
    multiple: bool  # parallel multi-instance
    outcomes: tuple[Outcome, ...] = ()
    extensions: dict[str, str] = field(default_factory=dict)  # the other yiwang: attributes


@dataclass(frozen=True)
class Finding:
    """One point that keeps a definition from being published."""

    file: str
    line: int  # 1-based; 0 when the file has no line for it
    element: str  # BPMN or DMN id; for a cell "table, row 3, column area"
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.element}: {self.message} {self.mend}"
