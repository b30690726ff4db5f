"""What the ground was: one line for each state that ended (历史), written when it ends and never changed."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.geography.contracts import SRID


class AssetPast(models.Model):
    """A component (部件) as it was from `valid_from` until `valid_to`; the present state is the asset's own row.

    Components that never changed have no line, so a million of them cost nothing here. No foreign keys: append-only.
    """

    asset_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    code = models.CharField(max_length=17)
    class_code = models.CharField(max_length=5)
    name = models.JSONField(default=dict)
    status = models.CharField(max_length=10)
    supervisor_org_id = models.BigIntegerField(null=True)
    owner_org_id = models.BigIntegerField(null=True)
    keeper_org_id = models.BigIntegerField(null=True)
    ownership = models.CharField(max_length=12)
    area_path = models.CharField(max_length=200)
    grid_id = models.BigIntegerField(null=True)
    road = models.CharField(max_length=100, blank=True)
    address = models.CharField(max_length=256, blank=True)
    point = models.PointField(srid=SRID, spatial_index=False)
    accuracy = models.CharField(max_length=1)
    extra = models.JSONField(default=dict)
    remark = models.CharField(max_length=1000, blank=True)
    valid_from = models.DateTimeField(null=True)  # null: since it was surveyed
    valid_to = models.DateTimeField()
    action = models.CharField(max_length=60)  # what ended this state
    by_name = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    event_uid = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["asset_id", "valid_to"], name="yw_geo_assetpast_asset")]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class GridKind(models.TextChoices):
    UNIT = "unit", _("Unit grid")  # 单元网格
    RESPONSIBILITY = "responsibility", _("Responsibility grid")  # 责任网格


class GridPast(models.Model):
    """A grid's shape as it was from `valid_from` until `valid_to`. Present shapes are in AreaShape, so that finding a
    place looks at no history."""

    kind = models.CharField(max_length=16, choices=GridKind.choices)
    object_id = models.BigIntegerField()  # of the area, or of the responsibility grid
    object_uid = models.UUIDField()
    code = models.CharField(max_length=40)
    name = models.JSONField(default=dict)
    area_path = models.CharField(max_length=200)
    shape = models.MultiPolygonField(srid=SRID, spatial_index=False)
    area_m2 = models.DecimalField(max_digits=16, decimal_places=2)
    responsibility_code = models.CharField(max_length=40, blank=True)  # of a unit grid
    facts = models.JSONField(default=dict, blank=True)  # of a unit grid: land_use, responsible_org_id, remark
    members = ArrayField(models.CharField(max_length=32), default=list)  # of a responsibility grid: its unit grids
    became = ArrayField(models.CharField(max_length=40), default=list)  # codes that followed; empty: removed
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField()
    by_name = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    event_uid = models.UUIDField(null=True)

    class Meta:
        indexes = [
            GistIndex(fields=["shape"], name="yw_geo_gridpast_shape"),
            models.Index(fields=["code"], name="yw_geo_gridpast_code"),
            models.Index(fields=["kind", "object_id"], name="yw_geo_gridpast_object"),
        ]

    def __str__(self) -> str:
        return f"{self.code} until {self.valid_to}"
