"""Who is told what of sharing: messages to the people of a bureau or of the authority."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.queries import holders
from yiwang.kernel.notices.contracts import Message
from yiwang.kernel.notices.services import notify_many

OWNER, STEWARD = "data_owner", "data_steward"


def officers(org_path: str) -> list[int]:
    """Return the data officers of a bureau."""
    return list(holders(role=OWNER, org_path=org_path).values_list("pk", flat=True))


def stewards() -> list[int]:
    return list(holders(role=STEWARD).values_list("pk", flat=True))


def tell(accounts: Iterable[int | None], kind: str, title: Mapping[str, str], link: str, event: UUID | None, body: Mapping[str, str] | None = None) -> int:
    """Tell each once; who has no account any more is left out."""
    wanted = {a for a in accounts if a is not None}
    known = set(Account.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
    return notify_many([Message(kind=kind, title=title, body=body or {}, account_id=a, link=link, event_uid=event) for a in sorted(known)])
