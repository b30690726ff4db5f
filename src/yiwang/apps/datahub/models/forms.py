"""Reporting by form (填报): what bureaus without a system of their own type in or paste, by a deadline."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.models.dataset import Dataset
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization


class FormCycle(models.TextChoices):
    ONCE = "once", _("Once")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")
    YEARLY = "yearly", _("Every year")


class SheetState(models.TextChoices):
    WAITING = "waiting", _("Not begun")
    DRAFT = "draft", _("Being filled in")
    HANDED_IN = "handed_in", _("Handed in")
    RETURNED = "returned", _("Returned")
    ACCEPTED = "accepted", _("Accepted")


class FormTask(models.Model):
    """What is asked of bureaus: rows of a data set for a period, by a deadline, again each cycle."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    title = models.CharField(max_length=120)
    instruction = models.CharField(max_length=2000, blank=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="form_tasks")
    org_path = models.CharField(max_length=200)  # of the data set's body: whose officers see it
    area_path = models.CharField(max_length=200)
    cycle = models.CharField(max_length=10, choices=FormCycle.choices, default=FormCycle.ONCE)
    period = models.CharField(max_length=20)  # the latest one that was opened: 2026-11, 2026Q4, 2026
    due_at = models.DateTimeField()  # of that period
    urge_hours = models.PositiveIntegerField(default=24)  # so long before the deadline who has not handed in is reminded
    is_open = models.BooleanField(default=True)
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["org_path"], name="datahub_formtask_org", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.title


class FormSheet(models.Model):
    """One bureau's rows for one period. `body` is the cipher of the rows: they may name persons."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    task = models.ForeignKey(FormTask, on_delete=models.CASCADE, related_name="sheets")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    period = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=SheetState.choices, default=SheetState.WAITING)
    version = models.PositiveIntegerField(default=0)  # of its rows: two people at once do not overwrite each other
    body = models.TextField(blank=True)
    rows = models.PositiveIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)  # cells that do not keep the contract
    saved_at = models.DateTimeField(null=True, blank=True)
    saved_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    handed_in_at = models.DateTimeField(null=True, blank=True)
    handed_in_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(null=True, blank=True)
    judged_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)  # why it was returned
    landing = models.CharField(max_length=40, blank=True)
    urged = models.JSONField(default=list)  # which reminders went out

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "org", "period"], name="datahub_sheet_once")]
        indexes = [
            models.Index(fields=["org_path"], name="datahub_sheet_org", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["state", "due_at"], name="datahub_sheet_due"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.org_id} {self.period}"
