"""What a person has agreed to (同意): the present texts, and whether one of his consents stands. Readers ask `standing`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from yiwang.apps.datahub.models import Consent, ConsentText
from yiwang.apps.datahub.queries.rights.subject import Subject


def present_texts() -> dict[str, ConsentText]:
    """Return the newest text of each purpose."""
    return {row.purpose: row for row in ConsentText.objects.order_by("purpose", "version")}


def standing(subject: Subject | UUID | int, purpose: str) -> bool:
    """Say whether the person agrees to this purpose now: to its present text, and not withdrawn.

    `subject` is a Subject, the uid of a person of the population base, or the id of an account. Whoever reads on the
    ground of consent alone asks this each time and reads nothing when it is False.
    """
    text = ConsentText.objects.filter(purpose=purpose).order_by("-version").first()
    if text is None:
        return False
    if isinstance(subject, Subject):
        whose = Q(account_id=subject.account_id)
        if subject.person_uid is not None:
            whose |= Q(person_uid=subject.person_uid)
    else:
        whose = Q(person_uid=subject) if isinstance(subject, UUID) else Q(account_id=subject)
    return Consent.objects.filter(whose, purpose=purpose, text=text, withdrawn_at__isnull=True).exists()


@dataclass(frozen=True, kw_only=True)
class ConsentView:
    """One purpose as the person sees it."""

    purpose: str
    text: ConsentText
    given_at: datetime | None = None  # of the present consent; None: none stands
    channel: str = ""
    is_old: bool = False  # agreed to an older text: asked again
    withdrawn_at: datetime | None = None  # when he last took it back


def views(account_id: int) -> list[ConsentView]:
    """Return every purpose with what the person said to it; two queries."""
    stands: dict[str, Consent] = {}
    gone: dict[str, datetime] = {}
    for one in Consent.objects.filter(account_id=account_id).select_related("text").order_by("pk"):
        if one.withdrawn_at is None:
            stands[one.purpose] = one
        else:
            gone[one.purpose] = one.withdrawn_at
    found = []
    for purpose, text in present_texts().items():
        row = stands.get(purpose)
        is_old = row is not None and row.text_id != text.pk
        found.append(ConsentView(
            purpose=purpose, text=text, given_at=row.given_at if row is not None and not is_old else None, channel=row.channel if row else "", is_old=is_old,
            withdrawn_at=gone.get(purpose),
        ))  # fmt: skip
    return found
