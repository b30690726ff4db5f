"""Cards (黄牌、红牌): facts that an evaluation counts; what was given stays, whatever becomes of its case or body."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.live import LiveManager
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, Mode
from yiwang.kernel.identity.models import Account, Organization
from yiwang.kernel.supervision.models.order import OrderTarget


class CardColour(models.TextChoices):
    GREEN = "green", _("Green card")
    YELLOW = "yellow", _("Yellow card")
    RED = "red", _("Red card")


class CardState(models.TextChoices):
    OPEN = "open", _("Waits for an explanation")
    ANSWERED = "answered", _("Explained")
    WITHDRAWN = "withdrawn", _("Withdrawn")  # does not count


class Card(models.Model):
    """One card to a body or a person. Names are those of the day on which it was given."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    key = models.CharField(max_length=120, unique=True)  # the same event gives the same receiver one card
    colour = models.CharField(max_length=8, choices=CardColour.choices)
    state = models.CharField(max_length=10, choices=CardState.choices, default=CardState.OPEN)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    is_sample = models.BooleanField(default=False)
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="cards")
    target = models.ForeignKey(OrderTarget, null=True, blank=True, on_delete=models.PROTECT, related_name="cards")
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200, blank=True)
    org_name = models.JSONField(default=dict)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    account_name = models.CharField(max_length=80, blank=True)
    area_path = models.CharField(max_length=200)
    rule_code = models.CharField(max_length=40, blank=True)  # empty: given by a person
    rule_name = models.JSONField(default=dict)
    rule_version = models.PositiveIntegerField(null=True, blank=True)
    clock = models.CharField(max_length=16, blank=True)  # whose limit: case, department, stage, milestone, order
    mark = models.CharField(max_length=64, blank=True)
    step = models.CharField(max_length=60, blank=True)
    task_uid = models.UUIDField(null=True, blank=True)
    is_provisional = models.BooleanField(default=False)  # the limit runs through a year whose holidays are not announced
    reason = models.CharField(max_length=500, blank=True)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_by_name = models.CharField(max_length=80, blank=True)
    answer = models.CharField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by_name = models.CharField(max_length=80, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by_name = models.CharField(max_length=80, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)
    case_ended_at = models.DateTimeField(null=True, blank=True)
    case_ended_as = models.CharField(max_length=24, blank=True)  # closed, void ...: the card stays and says so
    escalated = models.PositiveSmallIntegerField(default=0)  # how many steps up it has gone

    objects = LiveManager()
    all_modes = models.Manager["Card"]()

    class Meta:
        base_manager_name = "all_modes"
        constraints = [
            models.CheckConstraint(condition=Q(org__isnull=False) | Q(account__isnull=False) | ~Q(org_name={}), name="yw_supervision_card_whose"),
        ]
        indexes = [
            models.Index(fields=["-given_at", "-id"], name="yw_superv_card_given"),
            models.Index(fields=["area_path", "-given_at"], name="yw_superv_card_area", opclasses=["varchar_pattern_ops", "timestamptz_ops"]),
            models.Index(fields=["org_path", "-given_at"], name="yw_superv_card_org", opclasses=["varchar_pattern_ops", "timestamptz_ops"]),
            models.Index(fields=["account", "-given_at"], name="yw_superv_card_account", condition=Q(account__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.colour} {self.org_id or self.account_id}"
