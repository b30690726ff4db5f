"""Ways out (消息渠道), each a port: in the platform, mail, text message, work chat.

Text message and work chat are stand-ins until a city names its gateway: they append what would have been sent to a file
`outbox/<channel>.jsonl` in the data folder, with the address masked, and their receipt says so.
"""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from smtplib import SMTPAuthenticationError, SMTPException, SMTPRecipientsRefused
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from yiwang.kernel.base.clock import now
from yiwang.kernel.base.texts import pick
from yiwang.kernel.notices.models import Channel, Notice

log = logging.getLogger("yiwang.notices")
OUTBOX_RECEIPT = "outbox file; no gateway is connected"
AddressBook = Callable[[UUID, str], str]
_address_book: list[AddressBook] = []


@dataclass
class SendFailed(Exception):
    """The channel did not take it. `permanent` means that trying again cannot help."""

    reason: str
    permanent: bool = False


class Sender(Protocol):
    def send(self, notice: Notice, address: str, language: str) -> str:
        """Send and return the channel's receipt, or raise SendFailed."""


def register_address_book(find: AddressBook) -> None:
    """Let `find(party_uid, channel)` give a party's phone or mail address, empty when there is none.

    The room that holds personal values registers it; messages themselves never store an address.
    """
    _address_book[:] = [find]


def address_of(notice: Notice) -> str:
    """Return where the message goes.

    Raises
    ------
    SendFailed
        There is no address, for good.
    """
    found = ""
    if notice.account is not None:
        found = notice.account.email if notice.channel == Channel.MAIL else notice.account.duty_phone
        if notice.channel == Channel.CHAT:
            found = notice.account.username
    elif notice.party_uid is not None and _address_book:
        found = _address_book[0](notice.party_uid, notice.channel)
    if not found:
        raise SendFailed("the receiver has no address for this channel", permanent=True)
    return found


def masked(address: str) -> str:
    """Return an address that only its owner recognises.

    >>> masked("13800001234")
    '138******34'
    """
    name, at, host = address.partition("@")
    if at:
        return f"{name[:1]}***@{host}"
    return address[:3] + "*" * max(0, len(address) - 5) + address[-2:] if len(address) > 6 else "*" * len(address)


@dataclass(frozen=True)
class Paper:
    """A file that goes with a mail."""

    name: str
    content: bytes
    mime: str = "application/pdf"


Papers = Callable[[UUID], Paper | None]
_papers: dict[str, Papers] = {}


def register_paper(subject_kind: str, make: Papers) -> None:
    """Let `make(subject_uid)` give the paper of a message's subject; it is made when a mail leaves, and only where papers go with mails."""
    _papers[subject_kind] = make


def paper_of(notice: Notice) -> Paper | None:
    """Return what goes with a mail: nothing where settings say so, where there is none, or where it is too large. A paper that cannot be made holds no mail up."""
    make = _papers.get(notice.subject_kind)
    if make is None or notice.subject_uid is None or settings.MAIL_ATTACH_MB <= 0:
        return None
    try:
        found = make(notice.subject_uid)
    except Exception:
        log.exception("the paper of %s %s could not be made; the mail goes with its link", notice.subject_kind, notice.subject_uid)
        return None
    return found if found is not None and len(found.content) <= settings.MAIL_ATTACH_MB * 1_000_000 else None


class MailSender:
    def send(self, notice: Notice, address: str, language: str) -> str:
        if settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") and not settings.EMAIL_HOST:
            return OutboxSender("mail").send(notice, address, language)  # no mail server is named yet
        subject = " ".join(pick(notice.title, language).split())  # a line break would start a new header
        message = EmailMessage(subject, pick(notice.body, language) or subject, to=[address])
        if paper := paper_of(notice):
            message.attach(paper.name, paper.content, paper.mime)
        try:
            sent = message.send()
        except SMTPRecipientsRefused as error:  # 5xx: nobody there by that name; 4xx: not now
            codes = [code for code, _said in error.recipients.values()]
            raise SendFailed(f"the mail server refused the receiver: {codes}", permanent=all(code >= 500 for code in codes)) from error
        except SMTPAuthenticationError as error:  # its own words may quote what we sent
            raise SendFailed(f"the mail server refused our sign-in: {error.smtp_code}") from error
        except (SMTPException, OSError) as error:
            raise SendFailed(str(error)[:200]) from error
        except ValueError as error:
            raise SendFailed(str(error)[:200], permanent=True) from error
        return f"mail server took {sent}" + (f" with {paper.name}" if paper else "")


class OutboxSender:
    """The stand-in: one JSON line for each message, appended and flushed."""

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def path(self) -> Path:
        return Path(settings.DATA_DIR) / "outbox" / f"{self.channel}.jsonl"

    def send(self, notice: Notice, address: str, language: str) -> str:
        line = {
            "at": now().isoformat(), "uid": str(notice.uid), "to": masked(address), "kind": notice.kind,
            "title": pick(notice.title, language), "body": pick(notice.body, language), "note": OUTBOX_RECEIPT,
        }  # fmt: skip
        try:
            self.path().parent.mkdir(parents=True, exist_ok=True)
            data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
            descriptor = os.open(self.path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, data)  # one write: lines of two workers do not mix
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SendFailed(str(error)[:200]) from error
        return OUTBOX_RECEIPT


_senders: dict[str, Sender] = {
    Channel.MAIL: MailSender(), Channel.SMS: OutboxSender("sms"), Channel.CHAT: OutboxSender("chat"),
}  # fmt: skip


def register_sender(channel: str, sender: Sender) -> None:
    """Connect a real gateway in place of the stand-in."""
    _senders[channel] = sender


def sender_for(channel: str) -> Sender:
    return _senders[channel]
