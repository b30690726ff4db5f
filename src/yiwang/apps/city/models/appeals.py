"""What a body contests of a case (申诉), and which of its counts was lifted."""

from django.contrib.gis.db import models
from django.db.models import Q

from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.models import Organization


class CityAppeal(models.Model):
    """One contested count of one body in one case. `accepted` is None until it is judged; True lifts that count and no other."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="appeals")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    contests = models.CharField(max_length=12)  # overdue | rework | return, as the matter's [requests.appeal.contests] names them
    area_path = models.CharField(max_length=200)
    org_path = models.CharField(max_length=200)
    reason = models.TextField()  # why the body contests it
    asked_by_id = models.BigIntegerField(null=True)
    asked_by_name = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField()
    accepted = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True)
    answer = models.TextField(blank=True)  # the judge's reason

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "org", "contests"], name="city_appeal_once"),
            models.CheckConstraint(condition=Q(accepted__isnull=True) | Q(decided_at__isnull=False), name="city_appeal_decided_has_moment"),
        ]
        indexes = [
            models.Index(fields=["org", "decided_at"], name="city_appeal_lifted", condition=Q(accepted=True)),
            models.Index(fields=["-asked_at", "-id"], name="city_appeal_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.org_id} {self.contests} {self.accepted}"
