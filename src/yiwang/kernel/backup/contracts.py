"""What passes inside the room and to those who watch it. Plain Python."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class StoredObject:
    """One object of a backup: its size and SHA-256 as it lies in the store (encrypted)."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; written last, so a backup without one is none. Holds no personal value, no key."""

    id: str
    created_at: str  # ISO, of the snapshot
    region: str
    release: str
    migrations: list[str]
    server_version: int
    lsn: str
    counts: dict[str, int]  # rows of each table in the snapshot
    chain: dict[str, Any]  # events, accesses, cases, digest over all heads, latest seals
    files: dict[str, int]  # count, bytes, new_count, new_bytes, gone
    objects: list[StoredObject]
    seconds: float = 0.0
    format: int = FORMAT
    mac: str = ""  # HMAC with the key of the seals over all the rest

    def body(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "mac"}

    def object(self, name: str) -> StoredObject:
        return next(o for o in self.objects if o.name.endswith("/" + name))

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.created_at)

    @property
    def stored_bytes(self) -> int:
        """Bytes that this backup alone added to the store."""
        return sum(o.size for o in self.objects) + self.files.get("new_bytes", 0)

    @classmethod
    def of(cls, value: dict[str, Any]) -> "Manifest":
        known = {key: value[key] for key in cls.__dataclass_fields__ if key in value}
        known["objects"] = [StoredObject(**o) for o in value["objects"]]
        return cls(**known)


@dataclass(frozen=True)
class Health:
    """Is there a good backup, and is it young enough? For the page, `yiwang backup check` and metrics."""

    last_good_at: datetime | None
    last_backup: str
    last_verified_at: datetime | None
    age_s: float | None  # of the last good one; None when there was never any
    max_age_s: float
    last_error: str = ""
    failures_since: int = 0

    @property
    def is_stale(self) -> bool:
        return self.age_s is None or self.age_s > self.max_age_s

    @property
    def max_age_hours(self) -> int:
        return round(self.max_age_s / 3600)

    @property
    def is_fine(self) -> bool:
        return not self.is_stale


@dataclass(frozen=True)
class Verdict:
    """What a verification found; no faults means that the backup can be relied on."""

    backup: str
    faults: list[str] = field(default_factory=list)
    tables: int = 0
    rows: int = 0
    lines: int = 0  # of the record, each re-hashed
    files: int = 0  # opened and hashed
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return not self.faults
