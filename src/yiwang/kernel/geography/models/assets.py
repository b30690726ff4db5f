"""Things on the map."""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.contracts import SRID
from yiwang.kernel.identity.models import Organization


class AssetStatus(models.TextChoices):
    """管理部件状态 of GB/T 47678.5-2026, table 2 item 10."""

    INTACT = "intact", _("Intact")  # 完好
    DAMAGED = "damaged", _("Damaged")  # 破损
    LOST = "lost", _("Lost")  # 丢失
    ABANDONED = "abandoned", _("Abandoned")  # 废弃
    REMOVED = "removed", _("Removed")  # 移除


class Ownership(models.TextChoices):
    """How sure it is whose a component is (确权). A disputed one stays with its street until somebody arbitrates."""

    UNCONFIRMED = "unconfirmed", _("Owner not confirmed")  # 未确权
    ASKED = "asked", _("Owner asked")  # 确权中
    CONFIRMED = "confirmed", _("Owner confirmed")  # 已确权
    DISPUTED = "disputed", _("Owner disputed")  # 有争议


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
    ownership = models.CharField(
        max_length=12, choices=Ownership.choices, default=Ownership.UNCONFIRMED, db_default=Ownership.UNCONFIRMED
    )
    ownership_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1)  # counts up with each change; an old page is refused

    class Meta:
        indexes = [
            GistIndex(fields=["point"], name="yw_geo_asset_point"),
            # Nearest of one class: btree_gist puts the class into the same tree as the place.
            GistIndex(
                fields=["class_code", "point"],
                name="yw_geo_asset_class_point",
                opclasses=["gist_text_ops", "gist_geometry_ops_2d"],
            ),
            models.Index(fields=["area_path"], name="yw_geo_asset_path", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["class_code", "status"], name="yw_geo_asset_class"),
        ]

    def __str__(self) -> str:
        return self.code
