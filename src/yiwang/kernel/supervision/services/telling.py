"""Telling people of cards and orders: one message to each person and moment, whatever the number of rules that ask for it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.models import Account
from yiwang.kernel.notices.reminding import remind
from yiwang.kernel.supervision.contracts import Texts

COLOURS = {"green": {"zh-Hans": "提醒", "en": "Reminder"}, "yellow": {"zh-Hans": "黄牌", "en": "Yellow card"}, "red": {"zh-Hans": "红牌", "en": "Red card"}}
CARD = {"zh-Hans": "%(colour)s：%(body)s，%(title)s", "en": "%(colour)s: %(body)s, %(title)s"}
WARNED = {"zh-Hans": "预警：%(title)s（%(rule)s）", "en": "Warning: %(title)s (%(rule)s)"}
ESCALATED = {"zh-Hans": "%(colour)s未说明，已升级：%(body)s，%(title)s", "en": "%(colour)s not explained, one step up: %(body)s, %(title)s"}
WITHDRAWN = {"zh-Hans": "%(colour)s已撤销：%(title)s", "en": "%(colour)s withdrawn: %(title)s"}
ORDERED = {"zh-Hans": "%(number)s：%(title)s", "en": "%(number)s: %(title)s"}
URGED = {"zh-Hans": "催办 %(number)s：%(title)s", "en": "Urged, %(number)s: %(title)s"}
SENT_BACK = {"zh-Hans": "答复被退回 %(number)s：%(title)s", "en": "Reply sent back, %(number)s: %(title)s"}
ACCEPTED = {"zh-Hans": "答复已通过 %(number)s：%(title)s", "en": "Reply accepted, %(number)s: %(title)s"}
REPLIED = {"zh-Hans": "已答复，待审核 %(number)s：%(title)s", "en": "Replied, to be judged, %(number)s: %(title)s"}
OVERDUE = {"zh-Hans": "逾期未答复 %(number)s：%(title)s", "en": "Not answered in time, %(number)s: %(title)s"}


def fill(words: Texts, **facts: str | Texts) -> dict[str, str]:
    """Return the texts with what they name, each in its language; Chinese stands in for what has no English."""
    return {
        lang: text % {k: v if isinstance(v, str) else v.get(lang) or v.get("zh-Hans", "") for k, v in facts.items()} for lang, text in words.items()
    }


def tell(
    people: Iterable[Account], *, kind: str, title: Texts, body: Texts, link: str, subject: tuple[str, UUID], event_uid: UUID | None,
    channels: Sequence[str] = (), urgent: bool = False, is_sample: bool = False,
) -> int:  # fmt: skip
    """Remind each of them once of this event; returns how many messages were new."""
    return remind(
        account_ids=[a.pk for a in people], kind=kind, title=title, body=body, link=link, subject_kind=subject[0], subject_uid=subject[1],
        event_uid=event_uid, channels=channels, urgent=urgent, is_sample=is_sample,
    )  # fmt: skip


def case_link(case: Case) -> str:
    return f"/{case.app}/cases/{case.uid}/"
