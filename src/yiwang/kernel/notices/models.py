"""Messages to people (消息), one row for each receiver and channel."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account


class Channel(models.TextChoices):
    IN_APP = "in_app", _("In the platform")  # 站内消息
    SMS = "sms", _("Text message")  # 短信
    MAIL = "mail", _("Mail")  # 邮件
    CHAT = "chat", _("Work chat")  # 政务即时通讯


class State(models.TextChoices):
    PENDING = "pending", _("Waiting to be sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")  # tries are used up; a person looks


class Choice(models.Model):
    """How somebody wants to be reminded (消息偏好). Without a row, everything that a rule asks for goes out, outside the quiet hours."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+")
    channels = models.JSONField(default=list)  # ways out besides the platform itself, which is always told
    quiet_from = models.TimeField(null=True, blank=True)  # 免打扰; local time of the installation
    quiet_to = models.TimeField(null=True, blank=True)
    digest = models.BooleanField(default=False)  # one message a day in place of single ones; urgent ones go at once
    digest_at = models.TimeField(null=True, blank=True)
    last_digest_on = models.DateField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["digest_at"], name="yw_notices_digest", condition=Q(digest=True))]

    def __str__(self) -> str:
        return f"{self.account_id} {self.channels}"


class Notice(models.Model):
    """One message to one receiver by one channel; the same event tells the same receiver the same thing once."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    party_uid = models.UUIDField(null=True, blank=True)  # somebody outside; the address is looked up when sending
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.IN_APP)
    kind = models.CharField(max_length=60)  # "case.assigned", "case.due_soon"
    title = models.JSONField(default=dict)  # texts; never a personal value
    body = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True)  # a path of ours
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_uid = models.UUIDField(null=True, blank=True)
    event_uid = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    receipt = models.CharField(max_length=200, blank=True)  # what the channel answered
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    is_urgent = models.BooleanField(default=False, db_default=False)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False, party_uid__isnull=True) | Q(account__isnull=True, party_uid__isnull=False),
                name="yw_notices_one_receiver",
            ),
            models.UniqueConstraint(
                fields=["event_uid", "account", "kind", "channel"],
                condition=Q(event_uid__isnull=False, account__isnull=False), name="yw_notices_once_account",
            ),
            models.UniqueConstraint(
                fields=["event_uid", "party_uid", "kind", "channel"],
                condition=Q(event_uid__isnull=False, party_uid__isnull=False), name="yw_notices_once_party",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="yw_notices_inbox", condition=Q(channel="in_app")),
            models.Index(fields=["account"], name="yw_notices_unread", condition=Q(channel="in_app", read_at__isnull=True)),
            models.Index(fields=["next_try_at"], name="yw_notices_pending", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.kind}"
