"""The register of systems (信息系统清册): every information system and app of the county, and what is to become of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Organization


class SystemKind(models.TextChoices):
    SYSTEM = "system", _("Business system")
    APP = "app", _("Mobile app")
    MINI = "mini", _("Mini program or account")
    SITE = "site", _("Web site")


class SystemState(models.TextChoices):
    BUILDING = "building", _("Being built")
    RUNNING = "running", _("Running")
    IDLE = "idle", _("Hardly used")
    RETIRED = "retired", _("Switched off")


class Verdict(models.TextChoices):
    NONE = "", _("Not assessed")
    KEEP = "keep", _("Keep")
    MERGE = "merge", _("Merge")
    STOP = "stop", _("Switch off")


class InfoSystem(models.Model):
    """One system. Money in yuan; users and activity are persons, the latter of the last month."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=6, choices=SystemKind.choices, default=SystemKind.SYSTEM)
    state = models.CharField(max_length=8, choices=SystemState.choices, default=SystemState.RUNNING)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    built_on = models.DateField(null=True, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=2, default=0)  # of building it
    cost_year = models.DecimalField(max_digits=14, decimal_places=2, default=0)  # of running it
    users = models.PositiveIntegerField(default=0)
    active = models.PositiveIntegerField(default=0)
    network = models.CharField(max_length=20, blank=True)
    contractor = models.CharField(max_length=120, blank=True)
    elements = models.JSONField(default=list)  # data elements that it keeps
    items = models.JSONField(default=list)  # service items that it serves
    note = models.CharField(max_length=500, blank=True)
    verdict = models.CharField(max_length=5, choices=Verdict.choices, default=Verdict.NONE, blank=True)
    verdict_reason = models.CharField(max_length=500, blank=True)
    merge_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    plan_until = models.DateField(null=True, blank=True)
    assessed_by_name = models.CharField(max_length=80, blank=True)
    assessed_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["org_path"], name="datahub_system_org", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.code
