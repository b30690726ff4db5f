"""Supervision orders (督办) and leaders' notes (批示): what was ordered, of whom, what was answered and how it was judged."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.live import LiveManager
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, Mode
from yiwang.kernel.identity.models import Account, Organization


class OrderForm(models.TextChoices):
    ORDER = "order", _("Supervision order")
    NOTE = "note", _("Leader's note")


class OrderState(models.TextChoices):
    OPEN = "open", _("Open order")
    CLOSED = "closed", _("Settled order")
    WITHDRAWN = "withdrawn", _("Order withdrawn")


class TargetState(models.TextChoices):
    WAITING = "waiting", _("Waits for the reply")
    REPLIED = "replied", _("Replied, to be judged")
    ACCEPTED = "accepted", _("Reply accepted")
    LAPSED = "lapsed", _("The case ended first")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Verdict(models.TextChoices):
    NONE = "", _("To be judged")
    ACCEPTED = "accepted", _("Accepted")
    SENT_BACK = "sent_back", _("Sent back")


class Order(models.Model):
    """One numbered paper. Names are those of the day on which it was given."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    number = models.CharField(max_length=60, unique=True)
    form = models.CharField(max_length=8, choices=OrderForm.choices)
    state = models.CharField(max_length=10, choices=OrderState.choices, default=OrderState.OPEN)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    is_sample = models.BooleanField(default=False)
    title = models.CharField(max_length=200)
    text = models.TextField()
    is_urgent = models.BooleanField(default=False)
    area_path = models.CharField(max_length=200)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_by_name = models.CharField(max_length=80, blank=True)
    given_by_post = models.CharField(max_length=120, blank=True)
    giver_org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    giver_org_name = models.JSONField(default=dict)
    due_at = models.DateTimeField(null=True, blank=True)
    limit = models.PositiveIntegerField(null=True, blank=True)  # in units, when the deadline was given so
    unit = models.CharField(max_length=20, blank=True)
    is_provisional = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)
    event_uid = models.UUIDField(null=True, blank=True, unique=True)  # of the case's own event, when given there

    objects = LiveManager()
    all_modes = models.Manager["Order"]()

    class Meta:
        base_manager_name = "all_modes"
        indexes = [
            models.Index(fields=["-given_at", "-id"], name="yw_superv_order_given"),
            models.Index(fields=["area_path", "-given_at"], name="yw_superv_order_area", opclasses=["varchar_pattern_ops", "timestamptz_ops"]),
        ]

    def __str__(self) -> str:
        return self.number


class OrderTarget(models.Model):
    """Who has to answer: whoever had the case, or a body. A case's part is also a task on that case."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="targets")
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="order_targets")
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200, blank=True)
    org_name = models.JSONField(default=dict)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    account_name = models.CharField(max_length=80, blank=True)
    area_path = models.CharField(max_length=200)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    task_uid = models.UUIDField(null=True, blank=True, unique=True)
    state = models.CharField(max_length=10, choices=TargetState.choices, default=TargetState.WAITING)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    urge_count = models.PositiveSmallIntegerField(default=0)
    urged_at = models.DateTimeField(null=True, blank=True)
    back_count = models.PositiveSmallIntegerField(default=0)
    replied_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=24, blank=True)  # how its case ended

    objects = LiveManager()
    all_modes = models.Manager["OrderTarget"]()

    class Meta:
        base_manager_name = "all_modes"
        indexes = [
            models.Index(fields=["org_path", "due_at"], name="yw_superv_target_org", condition=Q(state="waiting"), opclasses=["varchar_pattern_ops", "timestamptz_ops"]),
            models.Index(fields=["due_at"], name="yw_superv_target_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.org_id or self.account_id} {self.state}"


class OrderReply(models.Model):
    """One answer and what was said of it."""

    target = models.ForeignKey(OrderTarget, on_delete=models.PROTECT, related_name="replies")
    text = models.TextField()
    files = models.JSONField(default=list)  # uids
    by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=80, blank=True)
    behalf_id = models.BigIntegerField(null=True, blank=True)  # for whom he stood in
    at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.NONE, blank=True)
    judged_by_name = models.CharField(max_length=80, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    event_uid = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        indexes = [models.Index(fields=["target", "id"], name="yw_superv_reply_target")]

    def __str__(self) -> str:
        return f"{self.target_id} {self.at}"
