"""Writes to messages: tell somebody, read, send what goes outside."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.http import url_has_allowed_host_and_scheme

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotSignedIn
from yiwang.kernel.notices import channels, queries
from yiwang.kernel.notices.channels import SendFailed
from yiwang.kernel.notices.contracts import Message, Texts
from yiwang.kernel.notices.models import Channel, Notice, State

RETRY_MINUTES = (1, 5, 30, 120, 480)
GIVE_IT_A_REST = 3  # so many failures in a row: the rest of this round waits a minute
LEASE_MINUTES = 10  # how long one worker has a message to itself


def notify(
    *, kind: str, title: Texts, account_id: int | None = None, party_uid: UUID | None = None, channel: str = Channel.IN_APP,
    body: Texts | None = None, link: str = "", subject_kind: str = "", subject_uid: UUID | None = None,
    event_uid: UUID | None = None, is_sample: bool = False,
) -> bool:  # fmt: skip
    """Tell one receiver something, inside the caller's transaction. Returns False when he was told already.

    The same event, receiver, kind and channel make one message, however often the relay repeats the event. Titles and
    texts hold no personal values.

    Raises
    ------
    ValueError
        Not exactly one receiver, an unknown channel, an empty title, or a link that leaves the platform.
    """
    message = Message(
        kind=kind, title=title, body=body or {}, account_id=account_id, party_uid=party_uid, channel=channel, link=link,
        subject_kind=subject_kind, subject_uid=subject_uid, event_uid=event_uid, is_sample=is_sample,
    )  # fmt: skip
    return notify_many([message]) == 1


def notify_many(messages: Iterable[Message]) -> int:
    """Tell many in one statement and return how many were new; as `notify`."""
    rows = [_row(message) for message in messages]
    if not rows:
        return 0
    before = {row.uid for row in rows}
    with transaction.atomic():
        Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        return Notice.objects.filter(uid__in=before).count()


def _row(message: Message) -> Notice:
    if (message.account_id is None) == (message.party_uid is None):
        raise ValueError("a message has one receiver: an account or a party")
    if message.channel not in Channel.values:
        raise ValueError(f"{message.channel!r} is not a channel")
    if message.channel == Channel.IN_APP and message.account_id is None:
        raise ValueError("only people with an account read messages in the platform")
    if not message.kind or not any(message.title.values()):
        raise ValueError("a message has a kind and a title")
    if message.link and (not message.link.startswith("/") or not url_has_allowed_host_and_scheme(message.link, None)):
        raise ValueError(f"{message.link!r} leaves the platform")
    moment = now()
    inside = message.channel == Channel.IN_APP
    return Notice(
        account_id=message.account_id, party_uid=message.party_uid, channel=message.channel, kind=message.kind[:60],
        title=dict(message.title), body=dict(message.body), link=message.link[:300], subject_kind=message.subject_kind,
        subject_uid=message.subject_uid, event_uid=message.event_uid, is_sample=message.is_sample,
        state=State.SENT if inside else State.PENDING, sent_at=moment if inside else None,
        next_try_at=None if inside else max(moment, message.not_before or moment), is_urgent=message.is_urgent,
    )  # fmt: skip


def mark_read(*, actor: Actor, uid: UUID | str) -> Notice:
    """Note that the actor opened a message; the first time stands.

    Raises
    ------
    NotFound
        It is not his.
    """
    found = queries.one(actor, uid)
    if found.read_at is None:
        found.read_at = now()
        Notice.objects.filter(pk=found.pk, read_at__isnull=True).update(read_at=found.read_at)
    return found


def mark_all_read(*, actor: Actor) -> int:
    """Note that everything was seen; returns how many were unread."""
    if actor.account_id is None:
        raise NotSignedIn
    return queries.mine(actor).filter(read_at__isnull=True).update(read_at=now())


def mark_subject_read(*, actor: Actor, subject_uid: UUID) -> int:
    """Note that the actor opened the case that his messages are about."""
    return queries.mine(actor).filter(subject_uid=subject_uid, read_at__isnull=True).update(read_at=now())


def deliver(limit: int = 200) -> dict[str, int]:
    """Send what waits for a way out and return counts; several workers may run it at once.

    A message is leased before it is sent and marked after, so a killed worker means one more try ten minutes later:
    outside the platform a message may arrive twice, but none is lost.
    """
    counts = {"sent": 0, "later": 0, "failed": 0}
    began, missed = now(), Counter[str]()  # how often in a row a way out did not take it
    for pk in _leased(limit):
        notice = Notice.objects.select_related("account").get(pk=pk)
        if missed[notice.channel] >= GIVE_IT_A_REST or now() - began > timedelta(minutes=LEASE_MINUTES / 2):
            _put_back(notice)
            continue
        try:
            language = (notice.account.language if notice.account else "") or "zh-hans"
            receipt = channels.sender_for(notice.channel).send(notice, channels.address_of(notice), language)
        except SendFailed as error:
            counts[_missed(notice, error)] += 1
            missed[notice.channel] += not error.permanent
            continue
        missed[notice.channel] = 0
        notice.state, notice.sent_at, notice.receipt, notice.next_try_at = State.SENT, now(), receipt[:200], None
        notice.save(update_fields=["state", "sent_at", "receipt", "next_try_at"])
        counts["sent"] += 1
    return counts


def _leased(limit: int) -> list[int]:
    moment = now()
    with transaction.atomic():
        due = Notice.objects.select_for_update(skip_locked=True).filter(state=State.PENDING)
        rows = list(due.filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=moment)).order_by("next_try_at", "pk")[:limit])
        for row in rows:
            row.tries += 1
            row.next_try_at = moment + timedelta(minutes=LEASE_MINUTES)
        Notice.objects.bulk_update(rows, ["tries", "next_try_at"])
    return [row.pk for row in rows]


def _put_back(notice: Notice) -> None:
    """Give back a lease unused: a way out that fails again and again, or slowly, must not hold up the others, nor use up tries."""
    notice.tries, notice.next_try_at = notice.tries - 1, now() + timedelta(minutes=1)
    notice.save(update_fields=["tries", "next_try_at"])


def _missed(notice: Notice, error: SendFailed) -> str:
    notice.receipt = error.reason[:200]
    over = error.permanent or notice.tries > len(RETRY_MINUTES)
    notice.state = State.FAILED if over else State.PENDING
    notice.next_try_at = None if over else now() + timedelta(minutes=RETRY_MINUTES[notice.tries - 1])
    notice.save(update_fields=["state", "receipt", "next_try_at"])
    return "failed" if over else "later"
