"""Emergencies (应急): one case raised above the others, its plan, tasks with persons and times, and its log."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.models import Account


class Preplan(models.Model):
    """One version of a plan (预案) as data; the newest of a code is the one that is chosen."""

    code = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField()
    name = models.JSONField(default=dict)
    text = models.JSONField(default=dict)
    classes = ArrayField(models.CharField(max_length=20))  # beginnings of "matter:06001"; "" fits everything
    components = ArrayField(models.CharField(max_length=5))  # classes of components to be shown
    radius_m = models.PositiveIntegerField()
    steps = models.JSONField(default=list)  # [{what, who, minutes}]
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="city_preplan_once")]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Emergency(models.Model):
    """A case that was raised; a case has one at a time."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="emergencies")
    area_path = models.CharField(max_length=200)  # of the case when it was raised
    plan = models.ForeignKey(Preplan, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    raised_by_name = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=80, blank=True)
    summary = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case"], condition=Q(ended_at__isnull=True), name="city_emergency_open_once")]
        indexes = [
            models.Index(fields=["area_path"], name="city_emergency_open", condition=Q(ended_at__isnull=True), opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["-raised_at", "-id"], name="city_emergency_raised"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.raised_at}"


class EmergencyTask(models.Model):
    """A step of the plan in somebody's hands, until when."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="tasks")
    seq = models.PositiveSmallIntegerField()
    what = models.JSONField(default=dict)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by_name = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["emergency", "seq"], name="city_emergency_task_once")]
        indexes = [models.Index(fields=["account"], name="city_emergency_task_open", condition=Q(done_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.emergency_id} {self.seq}"


class EmergencyLine(models.Model):
    """One line of the log: raised, assigned, told, done, said, ended. Lines are added, never changed."""

    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="lines")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)  # raised | assigned | told | done | said | ended
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=["emergency", "id"], name="city_emergency_line")]

    def __str__(self) -> str:
        return f"{self.emergency_id} {self.kind} {self.at}"
