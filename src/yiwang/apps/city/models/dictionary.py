"""The dictionary of classes, and who answers for what where."""

from django.contrib.gis.db import models

from yiwang.kernel.areas.models import Area
from yiwang.kernel.identity.models import Organization


class CityClass(models.Model):
    """A minor class of components (部件) or matters (事项); GB/T 47678.5-2026. The key includes the kind."""

    kind = models.CharField(max_length=12)  # component | matter
    code = models.CharField(max_length=5)
    name = models.JSONField(default=dict)
    major = models.CharField(max_length=2)
    major_name = models.JSONField(default=dict)
    standard_ref = models.CharField(max_length=40)
    geometry = models.CharField(max_length=10, blank=True)
    is_extension = models.BooleanField(default=False)
    is_derived = models.BooleanField(default=False)  # a component's own 异常
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="city_class_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class CityClassAlias(models.Model):
    """A code of 2013 or 2007 and the 2026 class it became; none when it was dropped."""

    standard_ref = models.CharField(max_length=40)
    kind = models.CharField(max_length=12)
    old_code = models.CharField(max_length=5)
    old_name = models.CharField(max_length=100, blank=True)
    to = models.ForeignKey(CityClass, null=True, blank=True, on_delete=models.PROTECT, related_name="aliases")
    confidence = models.CharField(max_length=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["standard_ref", "kind", "old_code"], name="city_alias_once"),
        ]

    def __str__(self) -> str:
        return f"{self.standard_ref} {self.kind} {self.old_code}"


class CityDuty(models.Model):
    """Which body has a duty (环卫, 园林, ... or `fallback`: 属地兜底) in an area; the smallest area wins."""

    duty = models.CharField(max_length=40)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["duty", "area"], name="city_duty_once")]

    def __str__(self) -> str:
        return f"{self.duty} {self.area_id} {self.organization_id}"
