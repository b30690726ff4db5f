"""Clocks (时限) with their whole history, and timers: rows with a due time that the worker wakes."""

from django.db import models
from django.db.models import Q

from yiwang.kernel.cases.models.case import Case
from yiwang.kernel.cases.models.matter import ManualRow
from yiwang.kernel.cases.models.task import Task


class Clock(models.Model):
    """One limit. Minutes are of the clock's own kind (working or continuous, `unit`)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clocks")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.CASCADE, related_name="clocks")
    name = models.CharField(max_length=16)  # case | department | stage
    step = models.CharField(max_length=60, blank=True)
    unit = models.CharField(max_length=20)
    limit_value = models.PositiveIntegerField()  # as the manual says, in units
    limit_minutes = models.PositiveIntegerField()  # one original limit
    total_minutes = models.PositiveIntegerField()  # with extensions
    consumed_minutes = models.FloatField(default=0)  # before `running_since`
    running_since = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, default="running")  # running paused stopped ended
    manual_row = models.ForeignKey(ManualRow, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    calendar_code = models.CharField(max_length=40, blank=True)
    is_provisional = models.BooleanField(default=False)  # the calendar of that year is not yet announced

    class Meta:
        indexes = [models.Index(fields=["case", "name"], name="yw_cases_clock_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.name} {self.state}"


class ClockChange(models.Model):
    """One line of a clock's history: what changed it, by which rule, approved by whom."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="changes")
    change = models.CharField(max_length=12)  # start pause resume extend restart stop end recompute
    action = models.CharField(max_length=24)
    at = models.DateTimeField()
    consumed_minutes = models.FloatField()
    due_at = models.DateTimeField()
    by_name = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    event_uid = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["clock", "id"], name="yw_cases_clock_change")]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.change}"


class Timer(models.Model):
    """Something to do at a moment: wake the engine, resume a suspended case, warn before or at a limit."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="timers")
    clock = models.ForeignKey(Clock, null=True, blank=True, on_delete=models.CASCADE, related_name="timers")
    kind = models.CharField(max_length=12)  # engine resume warn overdue mark
    engine_id = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="yw_cases_timer_due", condition=Q(fired_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.due_at}"
