"""Deliveries and their rows: what came, what became of it, what went back to the bureau."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.models.dataset import ContractVersion, Dataset
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account


class RunState(models.TextChoices):
    RECEIVED = "received", _("Received, waits to be landed")
    LANDING = "landing", _("Being landed")
    DONE = "done", _("Landed")
    REPEATED = "repeated", _("Nothing new: the same as before")
    REFUSED = "refused", _("Refused as a whole")
    FAILED = "failed", _("Stopped, can be continued")
    DISCARDED = "discarded", _("Discarded before landing")


class Run(models.Model):
    """One delivery (归集批次). Its rows count when its state is done, and then all of them at once.

    `present` names the files that are the data set's present rows after it; the newest counting run's is the truth.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="runs")
    contract = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RECEIVED)
    source = models.CharField(max_length=80, default="upload")  # "upload", "form", "pull:<uid of the source>" ...
    file_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    idempotency_key = models.CharField(max_length=120)
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    rows_in = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    replaced = models.BigIntegerField(default=0)  # of the accepted: those that took an older row's place
    rows_present = models.BigIntegerField(default=0)
    report = models.JSONField(default=dict)  # drift, facts of the file, what was set aside, formulas
    error = models.JSONField(default=dict)  # {"reason", "words", "facts"} of a run that was refused or failed
    present = models.JSONField(default=list)
    content_hash = models.CharField(max_length=80, blank=True)
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "idempotency_key"], name="datahub_run_once"),
            models.CheckConstraint(
                condition=Q(rows_in=F("accepted") + F("refused") + F("duplicate")), name="datahub_run_rows_add_up"
            ),
        ]
        indexes = [
            models.Index(fields=["dataset", "-id"], name="datahub_run_latest"),
            models.Index(fields=["org_path"], name="datahub_run_org", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.uid} {self.state}"


class RefusedRow(models.Model):
    """A row that does not keep the contract, for its bureau to correct. `body` is encrypted: it may name a person."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="refused_rows")
    number = models.BigIntegerField()  # as a person counts rows in the file
    reasons = models.JSONField()  # [{"column", "code"}]
    masked = models.JSONField(default=dict)  # {column: text} as it may be shown
    body = models.BinaryField()  # {column: text}, AES-256-GCM
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)  # why it is not delivered at all

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="datahub_refused_row_once")]

    def __str__(self) -> str:
        return f"{self.run_id} row {self.number}"


class HandBack(models.Model):
    """A delivery's refused rows given back to the bureau as a task (退回整改), open until every row is settled."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="hand_back")
    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    rows = models.PositiveIntegerField()
    rows_open = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    urged_at = models.DateTimeField(null=True, blank=True)
    urged = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["org_path"], name="datahub_handback_org", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["due_at"], name="datahub_handback_open", condition=Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.uid}"
