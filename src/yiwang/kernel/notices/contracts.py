"""What a message is made of, before it is stored; plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

Texts = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message to one receiver: an account, or a party outside named by `party_uid`."""

    kind: str  # "case.assigned"
    title: Texts
    body: Texts = field(default_factory=dict)
    account_id: int | None = None
    party_uid: UUID | None = None
    channel: str = "in_app"
    link: str = ""  # a path of ours
    subject_kind: str = ""
    subject_uid: UUID | None = None
    event_uid: UUID | None = None  # the same event tells the same receiver the same kind once
    is_sample: bool = False
    is_urgent: bool = False
    not_before: datetime | None = None  # quiet hours: it waits until then
