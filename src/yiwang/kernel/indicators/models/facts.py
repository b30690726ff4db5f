"""Facts (评价事实): one row for each report, case and stage of a case, as the record tells it now.

Nobody edits a fact: one statement (`queries/fact_sql.py`) makes them from the record and the typed tables, for a few cases
after their events or for all of them when they are rebuilt. So they hold no foreign keys and may be dropped at any time.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yiwang.kernel.base.live import LiveManager


class Fact(models.Model):
    """Where a fact belongs: every source has the same columns, so that parts add up to the whole."""

    root_id = models.BigIntegerField()  # root area: its zone cuts the days
    matter = models.CharField(max_length=80)
    mode = models.CharField(max_length=10)
    area_path = models.CharField(max_length=200)
    district_id = models.BigIntegerField(null=True)
    street_id = models.BigIntegerField(null=True)
    community_id = models.BigIntegerField(null=True)
    grid_id = models.BigIntegerField(null=True)
    beat_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)  # of a case who leads, of a stage whose task it is
    org_path = models.CharField(max_length=200, blank=True)
    post_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)  # who reported, or did the stage
    class_code = models.CharField(max_length=20, blank=True)
    class_major = models.CharField(max_length=20, blank=True)
    channel = models.CharField(max_length=24)
    outcome = models.CharField(max_length=24, blank=True)  # of the case
    is_urgent = models.BooleanField(default=False)
    is_counted = models.BooleanField(default=True)
    as_of = models.DateTimeField(null=True)  # of an imported file
    lifted = ArrayField(models.CharField(max_length=12), default=list)  # what accepted appeals (申诉) took off

    class Meta:
        abstract = True


class CaseFact(Fact):
    """One case, as it stands."""

    case_id = models.BigIntegerField(primary_key=True)
    state = models.CharField(max_length=24)
    reported_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # of the case's own clock
    limit_minutes = models.FloatField(null=True)
    worked_minutes = models.FloatField(null=True)
    returns = models.IntegerField(default=0)
    reworks = models.IntegerField(default=0)
    extensions = models.IntegerField(default=0)
    redispatches = models.IntegerField(default=0)
    urges = models.IntegerField(default=0)
    supervisions = models.IntegerField(default=0)
    reopens = models.IntegerField(default=0)
    was_suspended = models.BooleanField(default=False)
    recurs = models.BooleanField(default=False)
    score = models.FloatField(null=True)

    objects = LiveManager()
    all_modes = models.Manager["CaseFact"]()

    class Meta:
        indexes = [
            models.Index(fields=["reported_at"], name="yw_ind_case_reported"),
            models.Index(fields=["filed_at"], name="yw_ind_case_filed"),
            models.Index(fields=["due_at"], name="yw_ind_case_due"),
            models.Index(fields=["closed_at"], name="yw_ind_case_closed"),
        ]

    def __str__(self) -> str:
        return f"case {self.case_id}"


class StageFact(Fact):
    """One task of one step of a case (环节)."""

    task_id = models.BigIntegerField(primary_key=True)
    case_id = models.BigIntegerField()
    step = models.CharField(max_length=60)
    kind = models.CharField(max_length=16)
    action = models.CharField(max_length=24, blank=True)
    result = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    is_cancelled = models.BooleanField(default=False)
    is_returned = models.BooleanField(default=False)
    is_extended = models.BooleanField(default=False)
    is_repeated = models.BooleanField(default=False)  # the same step was opened again later
    round = models.IntegerField(default=1)  # the how-manieth of its step by the same body
    limit_minutes = models.FloatField(null=True)
    worked_minutes = models.FloatField(null=True)
    paused_minutes = models.FloatField(null=True)

    objects = LiveManager()
    all_modes = models.Manager["StageFact"]()

    class Meta:
        indexes = [
            models.Index(fields=["case_id"], name="yw_ind_stage_case"),
            models.Index(fields=["opened_at"], name="yw_ind_stage_opened"),
            models.Index(fields=["due_at"], name="yw_ind_stage_due"),
            models.Index(fields=["done_at"], name="yw_ind_stage_done"),
            # From a number to its cases: a measure of stages nearly always names its step.
            models.Index(fields=["step", "opened_at"], name="yw_ind_stage_step_opened"),
            models.Index(fields=["step", "due_at"], name="yw_ind_stage_step_due"),
            models.Index(fields=["step", "done_at"], name="yw_ind_stage_step_done"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.task_id}"


class ReportFact(Fact):
    """One report, whether it opened its case or joined it."""

    report_id = models.BigIntegerField(primary_key=True)
    case_id = models.BigIntegerField()
    opened_case = models.BooleanField(default=True)
    received_at = models.DateTimeField()
    occurred_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)

    objects = LiveManager()
    all_modes = models.Manager["ReportFact"]()

    class Meta:
        indexes = [
            models.Index(fields=["case_id"], name="yw_ind_report_case"),
            models.Index(fields=["received_at"], name="yw_ind_report_received"),
        ]

    def __str__(self) -> str:
        return f"report {self.report_id}"
