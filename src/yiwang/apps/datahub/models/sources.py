"""Where rows come from (归集来源): a source, each attempt to read it (采集任务的一次运行), files taken, alarms raised.

GB/T 21062 (政务信息资源交换体系) calls the machine that a bureau drops its files on 前置机, front-end machine.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.models.dataset import Dataset
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization


class SourceKind(models.TextChoices):
    FOLDER = "folder", _("Folder of a front-end machine")
    SFTP = "sftp", _("SFTP front-end machine")
    DATABASE = "database", _("Database")
    API = "api", _("HTTP interface")


class SourceState(models.TextChoices):
    ON = "on", _("Runs by its schedule")
    PAUSED = "paused", _("Paused by a person")
    FAILING = "failing", _("Fails")


class PullState(models.TextChoices):
    RUNNING = "running", _("Running now")
    DONE = "done", _("Read and landed")
    NOTHING = "nothing", _("Nothing new")
    FAILED = "failed", _("Not read")
    BROKEN = "broken", _("Broken off")


class AlarmKind(models.TextChoices):
    VOLUME = "volume", _("Unusual number of rows")
    NULLS = "nulls", _("Unusual share of empty cells")
    SHIFT = "shift", _("Values distributed otherwise")
    COLUMNS = "columns", _("Columns changed")
    DELAY = "delay", _("Nothing came in time")


class AlarmState(models.TextChoices):
    OPEN = "open", _("To be judged")
    REAL = "real", _("A real fault")
    FALSE = "false", _("A false alarm")


class Source(models.Model):
    """One place that rows of a data set are read from. `secret` is the cipher of a JSON object; `settings` holds none."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=SourceKind.choices)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="sources")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    settings = models.JSONField(default=dict)
    secret = models.TextField(blank=True)
    cron = models.CharField(max_length=60, blank=True)  # empty: only when a person asks; in the platform's time zone
    grace_minutes = models.PositiveIntegerField(default=60)  # so much later than its cycle nothing having come is an alarm
    state = models.CharField(max_length=8, choices=SourceState.choices, default=SourceState.ON)
    failures = models.PositiveIntegerField(default=0)  # in a row
    watermark = models.JSONField(default=dict)
    columns = models.JSONField(default=list)  # as they came the last time
    next_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)  # when somebody last asked for a run
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_rows_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["org_path"], name="datahub_source_org", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["state", "next_at"], name="datahub_source_next"),
        ]

    def __str__(self) -> str:
        return self.name


class Pull(models.Model):
    """One attempt to read a source; rows in = accepted + refused + duplicate."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="pulls")
    trigger = models.CharField(max_length=8)  # schedule, person
    state = models.CharField(max_length=8, choices=PullState.choices, default=PullState.RUNNING)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    watermark_before = models.JSONField(default=dict)
    watermark_after = models.JSONField(default=dict)
    portions = models.PositiveIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    rows_there = models.BigIntegerField(null=True, blank=True)  # as the source itself counted
    bytes = models.BigIntegerField(default=0)
    why = models.CharField(max_length=80, blank=True)  # code of the refusal
    why_text = models.CharField(max_length=600, blank=True)
    landings = models.JSONField(default=list)  # numbers of the landing's runs
    profile = models.JSONField(default=dict)  # rules.sources.profile: counts by column, never values of persons

    class Meta:
        indexes = [models.Index(fields=["source", "-began_at"], name="datahub_pull_source")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.began_at:%Y-%m-%d %H:%M}"


class TakenFile(models.Model):
    """A file of a folder or SFTP source, by what is in it: the same file again is told and not landed again."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="files")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="files")
    state = models.CharField(max_length=8)  # taken, refused
    sent_again = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "sha256"], name="datahub_file_once")]

    def __str__(self) -> str:
        return self.name


class SourceAlarm(models.Model):
    """Something about a run that does not look like the runs before it; a person says whether it was a fault."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="alarms")
    pull = models.ForeignKey(Pull, null=True, blank=True, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=8, choices=AlarmKind.choices)
    column = models.CharField(max_length=80, blank=True)
    facts = models.JSONField(default=dict)  # value, usual, limit, statistic
    state = models.CharField(max_length=6, choices=AlarmState.choices, default=AlarmState.OPEN)
    raised_at = models.DateTimeField()
    judged_at = models.DateTimeField(null=True, blank=True)
    judged_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pull", "kind", "column"], name="datahub_alarm_once")]
        indexes = [models.Index(fields=["source", "state"], name="datahub_alarm_source")]

    def __str__(self) -> str:
        return f"{self.kind} {self.column}"
