"""What the wizard and the checks pass about; plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CODE = "code"  # the field of a mapping that is the row's own code


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person decided about a file; everything has a default that the reader proposed.

    `x`, `y`, `wkt` are columns of a table; `offset` is "", gcj02 or bd09 and means: take this shift back. `replace` is for unit
    grids: those in force that the file's grids cover are closed.
    """

    source: str = ""
    encoding: str = ""
    crs: str = ""
    swap: bool = False
    offset: str = ""
    mend: bool = False
    replace: bool = False
    x: str = ""
    y: str = ""
    wkt: str = ""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Choice":
        return cls(**{key: raw[key] for key in cls.__slots__ if key in raw})


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which field fills which attribute, and which attributes are the same for all rows."""

    fields: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "FieldMapping":
        return cls(dict(raw.get("fields", {})), dict(raw.get("fixed", {})))
