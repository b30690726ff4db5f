"""Evaluation from outside (外评价): what media exposed, what a survey counted, what citizens rated; weighed apart from the inside."""

from django.contrib.gis.db import models
from django.db.models import F, Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.models import Organization


class MediaReport(models.Model):
    """One report of the media (媒体曝光), with the case that it is about and what was found of it."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    source = models.CharField(max_length=120)  # paper, station, account
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=500, blank=True)
    published_on = models.DateField()
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # whom it is held against
    verdict = models.CharField(max_length=10, blank=True)  # true | partly | untrue; empty: not yet looked into
    verdict_reason = models.CharField(max_length=1000, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    judged_by_name = models.CharField(max_length=80, blank=True)
    entered_at = models.DateTimeField()
    entered_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "title", "published_on"], name="city_media_once")]
        indexes = [models.Index(fields=["-published_on", "-id"], name="city_media_published")]

    def __str__(self) -> str:
        return f"{self.source} {self.published_on}"


class OutsideFigure(models.Model):
    """A count from outside for a period and an area or body: `numerator` of `denominator`. What a later version replaced stays."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=12)  # survey | satisfaction
    period_from = models.DateField()
    period_to = models.DateField()  # the last day
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    numerator = models.PositiveIntegerField()
    denominator = models.PositiveIntegerField()
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)  # 0-100 as the source says it, else numerator's share
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    source = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)  # of a correction
    sha256 = models.CharField(max_length=64, blank=True)  # of the imported file
    entered_at = models.DateTimeField()
    entered_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(numerator__lte=F("denominator")), name="city_outside_part_of_whole"),
            models.CheckConstraint(condition=Q(period_from__lte=F("period_to")), name="city_outside_period"),
            models.UniqueConstraint(
                fields=["kind", "period_from", "period_to", "area", "org"], condition=Q(is_current=True), name="city_outside_one_current", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["-period_to", "-id"], name="city_outside_period_to")]

    def __str__(self) -> str:
        return f"{self.kind} {self.period_to} {self.area_id} {self.numerator}/{self.denominator}"
