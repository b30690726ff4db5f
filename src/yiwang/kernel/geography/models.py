"""Shapes of areas, grids, assets and addresses (地理空间).

Everything is stored as EPSG:4326. CGCS2000 (EPSG:4490) differs from it by centimetres, less than the best accuracy
class of a component (A, 0.5 m), so it is stored under the same number and the root area's `crs` says what was meant.
"""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization

SRID = 4326


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
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to__isnull=True), name="yw_geo_respgrid_code_live"),
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


class AssetStatus(models.TextChoices):
    """管理部件状态 of GB/T 47678.5-2026, table 2 item 10."""

    INTACT = "intact", _("Intact")  # 完好
    DAMAGED = "damaged", _("Damaged")  # 破损
    LOST = "lost", _("Lost")  # 丢失
    ABANDONED = "abandoned", _("Abandoned")  # 废弃
    REMOVED = "removed", _("Removed")  # 移除


class Asset(models.Model):
    """A thing on the map with a code, an owner and a condition (管理部件); GB/T 47678.5-2026, table 2.

    Three bodies: who supervises (主管部门), who owns (权属单位), who keeps it in order (养护单位).
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=17, unique=True)  # 6 district + 2 major + 3 minor + 6 sequence; 16 before 2026
    class_code = models.CharField(max_length=5)
    name = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=AssetStatus.choices, default=AssetStatus.INTACT)
    supervisor_org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner_org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    keeper_org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")  # the deepest that holds it
    area_path = models.CharField(max_length=200)
    grid = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # its unit grid
    road = models.CharField(max_length=100, blank=True)
    address = models.CharField(max_length=256, blank=True)
    point = models.PointField(srid=SRID, spatial_index=False)
    accuracy = models.CharField(max_length=1, default="A")  # A 0.5 m, B 1 m, C 10 m mean error
    surveyed_on = models.DateField(null=True, blank=True)  # 初始日期
    changed_on = models.DateField(null=True, blank=True)  # 变更日期
    source = models.CharField(max_length=30, blank=True)  # 实测/地形图/基础地理数据/其他
    extra = models.JSONField(default=dict, blank=True)  # extension attributes of the minor class
    remark = models.CharField(max_length=1000, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [
            GistIndex(fields=["point"], name="yw_geo_asset_point"),
            # Nearest of one class: btree_gist puts the class into the same tree as the place.
            GistIndex(
                fields=["class_code", "point"], name="yw_geo_asset_class_point",
                opclasses=["gist_text_ops", "gist_geometry_ops_2d"],
            ),
            models.Index(fields=["area_path"], name="yw_geo_asset_path", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["class_code", "status"], name="yw_geo_asset_class"),
        ]

    def __str__(self) -> str:
        return self.code


class Road(models.Model):
    """A street with its line (道路、街巷)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=100)
    aliases = ArrayField(models.CharField(max_length=100), default=list, blank=True)  # short and old names
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200, blank=True)
    line = models.MultiLineStringField(srid=SRID, null=True, blank=True, spatial_index=False)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [
            GistIndex(fields=["line"], name="yw_geo_road_line"),
            GinIndex(fields=["name"], name="yw_geo_road_name", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name


class AddressKind(models.TextChoices):
    ADDRESS = "address", _("Door plate")  # 门(楼)牌
    POI = "poi", _("Landmark")  # 标志物
    CROSSING = "crossing", _("Crossing")  # 路口


class AddressPoint(models.Model):
    """A door plate, landmark or crossing (地理编码, GB/T 30428.3): words to a point and back."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=AddressKind.choices)
    name = models.CharField(max_length=160)  # the standard name as a whole: 东昌西路42号
    road = models.CharField(max_length=100, blank=True)
    number = models.CharField(max_length=30, blank=True)
    aliases = ArrayField(models.CharField(max_length=160), default=list, blank=True)
    keys = ArrayField(models.TextField(), default=list, blank=True)  # filled by trigger: name and aliases, folded
    search_text = models.TextField(blank=True)  # filled by trigger: the keys as one text
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200, blank=True)
    point = models.PointField(srid=SRID, spatial_index=False)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [
            GistIndex(fields=["point"], name="yw_geo_address_point"),
            # No pending lists: loaded in one go and then only read, and a long list makes the planner shun the index.
            GinIndex(fields=["keys"], name="yw_geo_address_keys", fastupdate=False),
            GinIndex(fields=["search_text"], name="yw_geo_address_text", opclasses=["gin_trgm_ops"], fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.name
