"""Missed reports (漏报): what others reported, was true, and lay in a grid that an inspector had just patrolled; judged by a person."""

from django.contrib.gis.db import models
from django.db.models import Q

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.identity.models import Account


class MissedReport(models.Model):
    """One question to a judge: did this inspector miss this case? `counted` is what evaluation counts: None until it is final."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="missed")
    grid = models.ForeignKey(ResponsibilityGrid, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")  # who patrolled
    shift_uid = models.UUIDField()
    shift_began_at = models.DateTimeField()
    reported_at = models.DateTimeField()  # by somebody else: the moment of the question
    passed_m = models.FloatField(null=True, blank=True)  # how near the track came to the place before that, and when
    passed_at = models.DateTimeField(null=True, blank=True)
    raised_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, blank=True)  # missed | not_missed | unclear
    reason = models.TextField(blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    judged_by_id = models.BigIntegerField(null=True)
    judged_by_name = models.CharField(max_length=80, blank=True)
    objection = models.TextField(blank=True)
    objected_at = models.DateTimeField(null=True, blank=True)
    review = models.CharField(max_length=10, blank=True)  # the verdict after the objection
    review_reason = models.TextField(blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by_id = models.BigIntegerField(null=True)
    reviewed_by_name = models.CharField(max_length=80, blank=True)
    counted = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "account"], name="city_missed_once"),
            models.CheckConstraint(condition=~Q(counted=True) | Q(verdict="missed"), name="city_missed_counted_is_missed"),
        ]
        indexes = [
            models.Index(fields=["-raised_at", "-id"], name="city_missed_raised"),
            models.Index(fields=["account", "reported_at"], name="city_missed_counted", condition=Q(counted=True)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.account_id} {self.verdict}"
