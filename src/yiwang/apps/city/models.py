"""City management's own tables: the dictionary, who answers for what where, and the typed side of a case."""

from django.db import models
from django.db.models import Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, ManualRow
from yiwang.kernel.geography.models import Asset, ResponsibilityGrid
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


class OwnershipList(models.Model):
    """The typed side of a `city.ownership` case (确权清单): who is asked, and until when."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="ownership")
    body = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    settled_owner = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.case_id} {self.body_id}"


class OwnershipItem(models.Model):
    """One component of such a list, and what became of it; states are those of rules.ownership.Item."""

    list = models.ForeignKey(OwnershipList, on_delete=models.CASCADE, related_name="items")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="asked")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "asset"], name="city_ownership_item_once")]

    def __str__(self) -> str:
        return f"{self.list_id} {self.asset_id} {self.state}"


class PlantedDuplicate(models.Model):
    """Sample data only: which cases were planted as duplicates of which, so recall can be measured honestly."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="+")
    of = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.case_id} = {self.of_id}"


class ImportRun(models.Model):
    """One import of a file: how far it came (a killed run goes on there) and what it counted."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    profile = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(default=0)  # in the file
    done_rows = models.PositiveIntegerField(default=0)  # handled, whatever came of them
    taken = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)  # were there from an earlier run
    refused = models.PositiveIntegerField(default=0)
    noted = models.PositiveIntegerField(default=0)
    default_places = models.PositiveIntegerField(default=0)
    joined = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.profile} {self.file_name}"


class ImportLine(models.Model):
    """A line of a file that was refused, or kept although something about it is odd."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="lines")
    line = models.PositiveIntegerField()
    source_key = models.CharField(max_length=100, blank=True)
    is_refused = models.BooleanField()
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=400)

    class Meta:
        indexes = [models.Index(fields=["run", "line"], name="city_import_line")]

    def __str__(self) -> str:
        return f"{self.line} {self.code}"


class ImportedRequest(models.Model):
    """What the source said of a case of mode `imported`; the case's own columns hold everything else."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="imported")
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="requests")
    profile = models.CharField(max_length=40)
    source_key = models.CharField(max_length=100)
    source_status = models.CharField(max_length=120, blank=True)
    source_flag = models.CharField(max_length=10, blank=True)  # on_time | overdue, as the source published it
    resolution = models.CharField(max_length=120, blank=True)
    is_duplicate = models.BooleanField(default=False)
    is_counted = models.BooleanField(default=True)  # in on-time shares
    as_of = models.DateTimeField()  # what was open then is judged as of then

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "source_key"], name="city_imported_once")]

    def __str__(self) -> str:
        return f"{self.profile} {self.source_key}"
