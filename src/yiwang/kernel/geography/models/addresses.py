"""Roads and addresses."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.contracts import SRID


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
