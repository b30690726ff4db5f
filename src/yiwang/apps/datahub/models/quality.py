"""Quality of data sets: runs of the rules, what each rule found, and what a bureau has to mend (数据质量, 问题整改)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.models.dataset import Dataset
from yiwang.apps.datahub.models.landing import Run
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account


class QualityRun(models.Model):
    """The rules run over a data set's present rows once."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="quality_runs")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="+")  # after which delivery
    rows = models.BigIntegerField()
    score = models.FloatField(null=True)
    dimensions = models.JSONField(default=dict)  # {dimension: score}
    failed_to_run = models.JSONField(default=dict)  # {rule: why}
    seconds = models.FloatField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["dataset", "-id"], name="datahub_quality_latest")]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.score}"


class QualityResult(models.Model):
    """What one rule found."""

    quality_run = models.ForeignKey(QualityRun, on_delete=models.CASCADE, related_name="results")
    code = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    dimension = models.CharField(max_length=16)
    checked = models.BigIntegerField()
    failed = models.BigIntegerField()
    weight = models.FloatField(default=1)
    is_kept = models.BooleanField(default=True)  # the threshold
    money = models.FloatField(null=True)
    facts = models.JSONField(null=True)
    samples = models.JSONField(default=list)  # [[run, row]] of failing rows: the rows themselves stay in the lake

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quality_run", "code"], name="datahub_quality_result_once"),
            models.CheckConstraint(condition=Q(failed__gte=0) & Q(failed__lte=models.F("checked")), name="datahub_quality_failed_of_checked"),
        ]

    def __str__(self) -> str:
        return self.code


class IssueState(models.TextChoices):
    OPEN = "open", _("To be mended")
    DISPUTED = "disputed", _("Disputed by the bureau")
    ACCEPTED = "accepted", _("The dispute was upheld")
    CLOSED = "closed", _("Mended")


class QualityIssue(models.Model):
    """A rule that is not kept: the bureau's task until a later run finds it kept, or a dispute is upheld."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="issues")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    code = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    severity = models.CharField(max_length=10, default="normal")
    state = models.CharField(max_length=10, choices=IssueState.choices, default=IssueState.OPEN)
    failed = models.BigIntegerField()
    money = models.FloatField(null=True)
    first_run = models.ForeignKey(QualityRun, on_delete=models.CASCADE, related_name="+")
    last_run = models.ForeignKey(QualityRun, on_delete=models.CASCADE, related_name="issues")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    dispute = models.CharField(max_length=500, blank=True)
    disputed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    order = models.CharField(max_length=500, blank=True, db_default="")  # what a supervisor asks of the bureau
    ordered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "code"], condition=~Q(state="closed"), name="datahub_issue_open_once")
        ]
        indexes = [models.Index(fields=["org_path"], name="datahub_issue_org", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return f"{self.code} {self.state}"
