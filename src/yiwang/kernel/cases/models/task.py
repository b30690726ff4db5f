"""Tasks (待办): one step that waits for a person or a post."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import DateTimeField, Q, Value
from django.db.models.functions import Coalesce

from yiwang.kernel.base.live import LiveManager
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models.case import Case, Mode
from yiwang.kernel.identity.models import Account, Organization

NEVER_DUE = Value(datetime(9999, 1, 1, tzinfo=UTC), output_field=DateTimeField())  # sorts behind every limit; never shown


class Task(models.Model):
    """Who may do it: `account` when named, else whoever holds `permission` where the task lies."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=16, default="process")  # process consult supervise census extension suspension return appeal void force_close
    step = models.CharField(max_length=60)
    name = models.JSONField(default=dict)
    engine_id = models.CharField(max_length=64, blank=True)
    group = models.CharField(max_length=64, blank=True)
    index = models.PositiveSmallIntegerField(default=0)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    state = models.CharField(max_length=12, default="open")  # open done cancelled
    permission = models.CharField(max_length=80)
    area_path = models.CharField(max_length=200)
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200, blank=True)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    is_urgent = models.BooleanField(default=False)
    data = models.JSONField(default=dict)  # what the asker said (a request's reason, dates)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)  # 签收
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    done_by_name = models.CharField(max_length=80, blank=True)
    action = models.CharField(max_length=24, blank=True)
    outcome = models.CharField(max_length=40, blank=True)

    objects = LiveManager()
    all_modes = models.Manager["Task"]()

    class Meta:
        base_manager_name = "all_modes"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "engine_id"], condition=Q(state="open") & ~Q(engine_id=""), name="yw_cases_task_engine_once"
            )
        ]
        indexes = [
            models.Index(fields=["permission", "area_path"], name="yw_cases_task_open", condition=Q(state="open"), opclasses=["varchar_ops", "varchar_pattern_ops"]),
            models.Index(fields=["permission", "org_path"], name="yw_cases_task_org", condition=Q(state="open"), opclasses=["varchar_ops", "varchar_pattern_ops"]),
            models.Index(fields=["account"], name="yw_cases_task_account", condition=Q(state="open")),
            # A full desk is read in its order until the page is full, instead of sorting all that waits.
            models.Index(fields=["-opened_at", "-id"], name="yw_cases_task_opened", condition=Q(state="open")),
            models.Index(Coalesce("due_at", NEVER_DUE), "id", name="yw_cases_task_due", condition=Q(state="open")),
            models.Index(fields=["done_by", "-done_at"], name="yw_cases_task_done"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.step} {self.state}"
