"""Bulletins (周通报、月通报): what was handed out, as it was handed out; and plans that make and send them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yiwang.kernel.base.uid import uuid7


class BulletinPlan(models.Model):
    """When a bulletin is made by itself, of what, and who is told."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=80)
    schemes = ArrayField(models.CharField(max_length=60))
    kind = models.CharField(max_length=8)  # week | month: of the period that has just ended
    day = models.PositiveSmallIntegerField()  # 1 to 7, Monday first; or 1 to 28 of the month
    hour = models.PositiveSmallIntegerField(default=8)
    area_path = models.CharField(max_length=200, blank=True)
    roles = ArrayField(models.CharField(max_length=60), default=list)  # whoever holds one of them is told
    by_mail = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by_name = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Bulletin(models.Model):
    """One bulletin: its contents never change, so that paper and page say the same for ever."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()  # of its kind in the year
    kind = models.CharField(max_length=8)
    period = models.CharField(max_length=40)
    first = models.DateField()
    last = models.DateField()
    area_path = models.CharField(max_length=200, blank=True)
    schemes = ArrayField(models.CharField(max_length=60))
    remark = models.CharField(max_length=1000, blank=True)  # what the issuer adds
    content = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    plan = models.ForeignKey(BulletinPlan, null=True, blank=True, on_delete=models.PROTECT, related_name="bulletins")
    told = models.PositiveIntegerField(default=0)  # how many people were told
    issued_at = models.DateTimeField()
    issued_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "serial"], name="yw_ind_bulletin_number"),
            models.UniqueConstraint(fields=["plan", "period"], condition=models.Q(plan__isnull=False), name="yw_ind_bulletin_once"),
        ]
        indexes = [models.Index(fields=["-issued_at", "-id"], name="yw_ind_bulletin_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year} {self.serial}"
