"""Roads and addresses, and the index by which words find them."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db.models import Q
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
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200, blank=True)
    point = models.PointField(srid=SRID, spatial_index=False)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [
            GistIndex(fields=["point"], name="yw_geo_address_point"),
            GistIndex(fields=["point"], name="yw_geo_address_crossing", condition=Q(kind="crossing")),
        ]

    def __str__(self) -> str:
        return self.name


class PlaceKey(models.Model):
    """One way to write one place: what geocoding looks up. Derived by triggers, never written by hand.

    `way` says how `key` came from the name: `name` and `alias` folded; `sound` as it is heard; `gap` with one letter
    left out; `door` the name without its number, which stands in `number` and `rest`; `cross` one road of a crossing,
    the other in `other`. A road that only door plates know has `ref` 0.
    """

    key = models.TextField()
    way = models.CharField(max_length=5)
    kind = models.CharField(max_length=8)  # road, estate, poi, crossing, address, area
    ref = models.BigIntegerField()  # of Road, AddressPoint or Area
    level = models.SmallIntegerField()  # of basic place names, 1 to 10
    name = models.TextField()
    number = models.IntegerField(null=True)
    rest = models.TextField(blank=True)
    other = models.TextField(blank=True)
    area_path = models.TextField(blank=True)
    at = models.PointField(srid=SRID, null=True, spatial_index=False)

    class Meta:
        indexes = [
            models.Index(fields=["key", "way", "number"], name="yw_geo_placekey_key", opclasses=["text_pattern_ops", "varchar_ops", "int4_ops"]),
            models.Index(fields=["ref", "kind"], name="yw_geo_placekey_ref"),
            # Likeness is asked of names alone, never of the many plates. No pending list: it would make the planner shun the index.
            GinIndex(fields=["key"], name="yw_geo_placekey_like", opclasses=["gin_trgm_ops"], condition=Q(way="name"), fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.way})"


class Sound(models.Model):
    """How a letter sounds, for `yw_geo_sounds`; filled from `rules/addresses/sounds.py`."""

    letter = models.CharField(max_length=1, primary_key=True)
    sounds = ArrayField(models.TextField())

    def __str__(self) -> str:
        return f"{self.letter} {' '.join(self.sounds)}"
