"""Ways out (消息渠道), each a port: in the platform, mail, text message, work chat.

Text message and work chat are stand-ins until a city names its gateway: they append what would have been sent to a file
`outbox/<channel>.jsonl` in the data folder, with the address masked, and their receipt says so.
"""

import json
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


class MailSender:
    def send(self, notice: Notice, address: str, language: str) -> str:
        if settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") and not settings.EMAIL_HOST:
            return OutboxSender("mail").send(notice, address, language)  # no mail server is named yet
        subject = " ".join(pick(notice.title, language).split())  # a line break would start a new header
        message = EmailMessage(subject, pick(notice.body, language) or subject, to=[address])
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
        return f"mail server took {sent}"


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
