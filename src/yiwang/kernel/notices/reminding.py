"""Reminders (提醒): in the platform at once, and outside it as the receiver chose: channels, quiet hours, digest."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotSignedIn
from yiwang.kernel.identity.models import Account
from yiwang.kernel.notices import quiet
from yiwang.kernel.notices.contracts import Message, Texts
from yiwang.kernel.notices.models import Channel, Choice
from yiwang.kernel.notices.services import notify_many

OUTSIDE = (Channel.MAIL, Channel.SMS, Channel.CHAT)
USUAL_DIGEST = time(8, 30)


def remind(
    *, account_ids: Collection[int], kind: str, title: Texts, body: Texts | None = None, link: str = "", subject_kind: str = "", subject_uid: UUID | None = None,
    event_uid: UUID | None = None, channels: Sequence[str] = (), urgent: bool = False, digest: bool = False, is_sample: bool = False,
) -> int:  # fmt: skip
    """Tell people something, inside the caller's transaction; returns how many messages were new.

    Everybody is told in the platform. Outside it goes by those of `channels` that the receiver chose and has an address
    for: at once when `urgent`, else not before his quiet hours are over, and not at all when he chose a digest (`digest`
    marks the digest itself, which goes by every channel of his choice). Two queries whatever the number of people.
    """
    wanted = list(dict.fromkeys(account_ids))
    if not wanted:
        return 0
    choices = {c.account_id: c for c in Choice.objects.filter(account_id__in=wanted)}
    messages: list[Message] = []
    for account in Account.objects.filter(pk__in=wanted, is_active=True).order_by("pk"):
        choice = choices.get(account.pk)
        outside = outside_for(account, choice, channels, urgent=urgent, digest=digest)
        waits = None if urgent else after_quiet(choice, now())
        messages += [
            Message(
                kind=kind, title=title, body=body or {}, account_id=account.pk, channel=channel, link=link, subject_kind=subject_kind, subject_uid=subject_uid,
                event_uid=event_uid, is_sample=is_sample, is_urgent=urgent, not_before=waits if channel != Channel.IN_APP else None,
            )
            for channel in (Channel.IN_APP, *outside)
        ]  # fmt: skip
    return notify_many(messages)


def outside_for(account: Account, choice: Choice | None, channels: Iterable[str], *, urgent: bool, digest: bool = False) -> list[str]:
    """Return the ways out that a reminder takes to this person: asked for, chosen, and with an address."""
    if choice is not None and choice.digest and not urgent and not digest:
        return []
    asked = [c for c in OUTSIDE if c in set(channels)]
    if choice is not None:
        asked = [c for c in asked if c in choice.channels]
    addresses = {Channel.MAIL: account.email, Channel.SMS: account.duty_phone, Channel.CHAT: account.username}
    return [c for c in asked if addresses[c]]


@cache
def _usual(text: str) -> tuple[time | None, time | None]:
    return quiet.parse(text)


def quiet_hours(choice: Choice | None) -> tuple[time | None, time | None]:
    """Return somebody's quiet hours: his own, or the installation's while he has chosen nothing."""
    if choice is None:
        return _usual(settings.NOTICES_QUIET)
    return choice.quiet_from, choice.quiet_to


def after_quiet(choice: Choice | None, moment: datetime) -> datetime | None:
    """Return until when a message waits; None when it goes at once."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    found = quiet.goes_at(local, *quiet_hours(choice))
    return None if found == local else found


def choice_of(account_id: int) -> Choice | None:
    return Choice.objects.filter(account_id=account_id).first()


@transaction.atomic
def save_choice(
    actor: Actor, *, channels: Iterable[str], quiet_from: time | None, quiet_to: time | None, digest: bool, digest_at: time | None = None
) -> Choice:  # fmt: skip
    """Keep how the actor wants to be reminded.

    Raises
    ------
    NotSignedIn, BadInput
        A program has no choice; an unknown channel; only one end of the quiet hours.
    """
    if actor.account_id is None:
        raise NotSignedIn
    wanted = [c for c in OUTSIDE if c in set(channels)]
    if set(channels) - set(OUTSIDE):
        raise BadInput.one("channels", "choice", _("Choose one from the list."))
    if (quiet_from is None) != (quiet_to is None):
        raise BadInput.one("quiet_to", "both", _("Give both ends of the quiet hours, or none."))
    if digest and not wanted:
        raise BadInput.one("digest", "channels", _("A digest needs at least one channel by which it comes."))
    choice, _made = Choice.objects.update_or_create(
        account_id=actor.account_id,
        defaults={"channels": [str(c) for c in wanted], "quiet_from": quiet_from, "quiet_to": quiet_to, "digest": digest, "digest_at": (digest_at or USUAL_DIGEST) if digest else None},
    )
    audit.record(
        actor, action="notices.choice.saved",
        data={"channels": choice.channels, "quiet": [str(quiet_from or ""), str(quiet_to or "")], "digest": str(choice.digest_at or "") if digest else ""},
    )  # fmt: skip
    return choice


def due_digests(moment: datetime) -> list[tuple[Choice, date]]:
    """Return whose digest is due and not yet sent today, with the day; one query."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    rows = Choice.objects.filter(digest=True, digest_at__lte=local.time(), account__is_active=True).exclude(last_digest_on__gte=local.date())
    return [(row, local.date()) for row in rows.select_related("account").order_by("pk")[:200]]


def send_test(actor: Actor, channel: str) -> int:
    """Send the actor a message by one channel, so that he sees that it arrives.

    Raises
    ------
    NotSignedIn, BadInput
        Nobody to send to; not a channel that leaves the platform.
    """
    if actor.account_id is None:
        raise NotSignedIn
    if channel not in OUTSIDE:
        raise BadInput.one("channel", "choice", _("Choose one from the list."))
    title = {"zh-Hans": "测试消息：一网平台提醒渠道", "en": "A test message of the platform's reminders"}
    return notify_many([Message(kind="notices.test", title=title, account_id=actor.account_id, channel=channel, link="/notices/channels/", is_urgent=True)])
