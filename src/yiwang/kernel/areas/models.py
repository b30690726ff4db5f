"""The tree of jurisdictions (行政区划) down to the unit grid, without shapes (those are in geography)."""

from django.db import models
from django.db.models import Q

from yiwang.kernel.base.uid import uuid7


class AreaLevel(models.TextChoices):
    CITY = "city", "市"
    DISTRICT = "district", "区县"
    STREET = "street", "街道"
    COMMUNITY = "community", "社区"
    GRID = "grid", "单元网格"


class Area(models.Model):
    """One jurisdiction. `path` is the ids from the root, dotted (``"1.4.17."``), indexed for prefix search.

    A grid that is redrawn gets a new row and code; the old one is closed by `valid_to`, so history stays true.
    Roots (there may be several) carry time zone, calendar and CRS; below them the fields are empty and inherited.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    level = models.CharField(max_length=12, choices=AreaLevel.choices)
    code = models.CharField(max_length=32)  # GB/T 2260 6 digits; street 9; community 12; unit grid 15
    name = models.JSONField(default=dict)  # texts
    path = models.CharField(max_length=200, unique=True)
    region = models.CharField(max_length=6)
    manual_level = models.CharField(max_length=1, default="A")  # grid management level A/B/C of GB/T 30428.8
    two_level = models.BooleanField(default=False)  # 二级指挥: the district dispatches through its own centre
    time_zone = models.CharField(max_length=64, blank=True)
    calendar_code = models.CharField(max_length=40, blank=True)
    crs = models.CharField(max_length=20, blank=True)
    bounded = models.BooleanField(default=False)  # a root with a boundary: points outside are refused
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to__isnull=True), name="yw_areas_code_live"),
        ]
        indexes = [
            models.Index(fields=["path"], name="yw_areas_path_prefix", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["parent", "code"], name="yw_areas_parent_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name.get('zh-Hans', '')}"

    @property
    def root_id(self) -> int:
        return int(self.path.split(".", 1)[0])


