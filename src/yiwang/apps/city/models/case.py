"""The typed side of a case of city management; lists filter here."""

from django.contrib.gis.db import models
from django.db.models import Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.cases.models import Case, ManualRow
from yiwang.kernel.geography.models import Asset, ResponsibilityGrid


class CityCase(models.Model):
    """The typed 1:1 side of a `city.problem` case, written in the same transaction; lists filter here."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="city")
    kind = models.CharField(max_length=12)  # component | matter
    class_code = models.CharField(max_length=5, db_index=True)
    class_name = models.JSONField(default=dict)
    component = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    nearest_asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    nearest_m = models.FloatField(null=True, blank=True)
    district = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    street = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    community = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unit_grid = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    responsibility_grid = models.ForeignKey(
        ResponsibilityGrid, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    condition = models.ForeignKey(ManualRow, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closing_confirmed = models.BooleanField(default=False)
    closed_by_informing = models.BooleanField(default=False)  # 告知性结案
    verified = models.BooleanField(default=False)
    verify_result = models.CharField(max_length=16, blank=True)
    dispatch_rule = models.CharField(max_length=16, blank=True)  # keeper owner supervisor manual street hand
    recurrence_of = models.ForeignKey(Case, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # 复发
    exif_verdict = models.CharField(max_length=16, blank=True)  # photo position against the pin
    exif_distance_m = models.FloatField(null=True, blank=True)
    same_picture_case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    place_is_default = models.BooleanField(default=False)  # an import's point for rows without one
    scene_verdict = models.CharField(max_length=12, blank=True)  # before/after: likely not unsure
    scene_score = models.FloatField(null=True, blank=True)
    self_handled = models.BooleanField(default=False)
    reported_by_inspector_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["class_code", "case"], name="city_case_class"),
            models.Index(fields=["component"], name="city_case_component", condition=Q(component__isnull=False)),
            models.Index(fields=["district", "case"], name="city_case_district"),
            models.Index(fields=["responsibility_grid"], name="city_case_respgrid"),
        ]

    def __str__(self) -> str:
        return str(self.case_id)


class PlantedDuplicate(models.Model):
    """Sample data only: which cases were planted as duplicates of which, so recall can be measured honestly."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="+")
    of = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.case_id} = {self.of_id}"
