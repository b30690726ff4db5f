"""Shapes of areas; grids and who patrols them."""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.contracts import SRID
from yiwang.kernel.identity.models import Account, Organization


class AreaShape(models.Model):
    """The shape of one jurisdiction or unit grid; the path is copied, so that a place is found in one table."""

    area = models.OneToOneField(Area, on_delete=models.CASCADE, primary_key=True, related_name="+")
    area_path = models.CharField(max_length=200)
    level = models.CharField(max_length=12)
    shape = models.MultiPolygonField(srid=SRID, spatial_index=False)
    area_m2 = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    centroid = models.PointField(srid=SRID, null=True, blank=True, spatial_index=False)

    class Meta:
        indexes = [
            GistIndex(fields=["shape"], name="yw_geo_areashape_shape"),
            models.Index(fields=["area_path"], name="yw_geo_areashape_path", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.area_path}"


class ResponsibilityGrid(models.Model):
    """A union of whole, adjoining unit grids that one inspector patrols in one shift (责任网格)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=40)  # 6-digit district + "Z" + sequence
    name = models.JSONField(default=dict)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")  # its street
    area_path = models.CharField(max_length=200)
    shape = models.MultiPolygonField(srid=SRID, null=True, blank=True, spatial_index=False)
    area_m2 = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to__isnull=True), name="yw_geo_respgrid_code_live"
            ),
        ]
        indexes = [
            GistIndex(fields=["shape"], name="yw_geo_respgrid_shape"),
            models.Index(fields=["area_path"], name="yw_geo_respgrid_path", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.code


class UnitGrid(models.Model):
    """What a unit grid (单元网格, about 10 000 m2) has beyond its Area and AreaShape."""

    area = models.OneToOneField(Area, on_delete=models.CASCADE, primary_key=True, related_name="+")
    responsibility_grid = models.ForeignKey(
        ResponsibilityGrid, null=True, blank=True, on_delete=models.PROTECT, related_name="unit_grids"
    )
    land_use = models.CharField(max_length=20, blank=True)
    responsible_org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    remark = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return str(self.area_id)


class GridInspector(models.Model):
    """Who patrols a responsibility grid (监督员); several shifts may share one grid."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    grid = models.ForeignKey(ResponsibilityGrid, on_delete=models.CASCADE, related_name="inspectors")
    shift = models.CharField(max_length=20, blank=True)
    is_substitute = models.BooleanField(default=False)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "grid", "shift"], condition=Q(valid_to__isnull=True), name="yw_geo_inspector_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} in {self.grid_id}"
