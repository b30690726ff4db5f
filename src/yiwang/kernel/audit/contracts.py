"""What other rooms hold of the record: references, heads of chains, what a verification found. Plain Python."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

OPEN, INVESTIGATION = "none", "investigation"
SECRECY = (OPEN, INVESTIGATION)  # investigation: discipline inspection and criminal investigation (纪检、侦查), hidden until released


@dataclass(frozen=True, slots=True)
class CaseRef:
    """What every line says of its case; copied, so that a line never has to be joined to be counted or shown."""

    id: int
    uid: UUID
    area_path: str
    org_id: int | None
    matter: str
    mode: str = "live"  # live, trial or imported


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How far a case's chain goes: number of lines and the last one's hash (both kept on the case, under its lock)."""

    count: int = 0
    head: bytes = b""


@dataclass(frozen=True, slots=True)
class EventRef:
    """A line just written; `ChainHead(ref.seq, ref.hash)` is the case's new head."""

    uid: UUID
    position: int
    hash: bytes
    seq: int | None
    recorded_at: datetime

    @property
    def chain(self) -> ChainHead:
        return ChainHead(self.seq or 0, self.hash)


@dataclass(frozen=True, slots=True)
class Fault:
    """One line or seal that is not as it was written."""

    kind: str  # altered, removed, inserted, reordered, broken_chain, wrong_head, seal_altered, seal_removed
    stream: str  # event or access
    position: int | None = None
    uid: str = ""
    case_id: int | None = None
    seq: int | None = None
    seal: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        named = [f"{self.stream} line {self.position}" if self.position is not None else self.stream]
        named += [f"uid {self.uid}"] if self.uid else []
        named += [f"case {self.case_id} no. {self.seq}"] if self.case_id is not None else []
        named += [f"seal {self.seal}"] if self.seal is not None else []
        return f"{self.kind}: {', '.join(named)}: {self.detail}"


@dataclass(frozen=True)
class Report:
    """What `yiwang audit verify` found, and up to when it vouches."""

    lines: int
    unsealed: int
    cases: int
    seals: int
    vouched_until: datetime | None  # every line that was sealed by then is as it was written
    vouched_position: int
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults
