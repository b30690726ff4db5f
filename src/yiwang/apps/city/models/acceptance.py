"""Samples of components for the acceptance of a system (验收抽样)."""

from django.contrib.gis.db import models

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7


class AcceptanceSample(models.Model):
    """Components drawn to be looked at on site: the seed, how many there were and which came out, so that it can be drawn again."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    seed = models.CharField(max_length=64)  # 32 bytes, hexadecimal; shown
    size = models.PositiveIntegerField()
    population = models.PositiveIntegerField()
    population_sha256 = models.CharField(max_length=64, blank=True)  # of all codes in order, a line each
    codes = models.JSONField()  # in the order of the draw
    drawn_at = models.DateTimeField()
    drawn_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-drawn_at", "-id"], name="city_sample_drawn")]

    def __str__(self) -> str:
        return f"{self.area_id} {self.drawn_at}"
