"""Keys that the database gave, by the codes that the generator uses."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Person:
    """What an event and a task say of who acted."""

    id: int
    name: str
    post_id: int | None
    post_name: str
    org_id: int | None


@dataclass
class Known:
    areas: dict[str, tuple[int, str]] = field(default_factory=dict)  # code -> id, path
    orgs: dict[str, tuple[int, str]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    assets: dict[str, int] = field(default_factory=dict)
    patrols: dict[str, int] = field(default_factory=dict)
    manual: dict[str, int] = field(default_factory=dict)
    classes: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    matter_id: int = 0
    version_id: int = 0
    calendar: str = "cn"
    client_id: int = 0
    client_name: str = ""
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)  # step -> name, permission, state
