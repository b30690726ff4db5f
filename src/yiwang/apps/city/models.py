"""City management's own tables: the dictionary, who answers for what where, and the typed side of a case."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, ManualRow, Task
from yiwang.kernel.geography.models import Asset, ResponsibilityGrid
from yiwang.kernel.identity.models import Account, Organization


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


class CensusOrder(models.Model):
    """The typed side of a `city.census` case (专项普查): what is looked at where, until when, and what is asked."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="census")
    classes = ArrayField(models.CharField(max_length=5))  # component classes, five digits
    areas = ArrayField(models.CharField(max_length=40))  # codes of the areas as ordered
    due_on = models.DateField()
    due_at = models.DateTimeField()  # the end of working time of that day
    asks = ArrayField(models.CharField(max_length=12), default=list)  # of rules.census.ASKABLE
    asks_photo = models.BooleanField(default=False)
    asks_new = models.BooleanField(default=True)  # also what the register does not know; parts are ended by hand then
    most_metres = models.PositiveSmallIntegerField(default=30)  # how far a correction may move a component
    corrects_at_once = models.BooleanField(default=True)
    adds_at_once = models.BooleanField(default=False)  # added and retired ones; else after acceptance
    ordered_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    ordered_by_name = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"{self.case_id} until {self.due_on}"


class CensusPart(models.Model):
    """What one responsibility grid has to do of an order; states are those of rules.census.Part.

    Without a grid it is what lies outside of any in a street. `task` is the last one it went out with.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey(CensusOrder, on_delete=models.CASCADE, related_name="parts")
    grid = models.ForeignKey(ResponsibilityGrid, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    street = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    inspector = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    task = models.OneToOneField(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="census_part")
    state = models.CharField(max_length=12, default="open")
    reason = models.CharField(max_length=500, blank=True)  # why it was given back, or the order ended before
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["order", "state"], name="city_census_part_state")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.grid_id} {self.state}"


class CensusItem(models.Model):
    """One component of a part and what is known of it now; an added one has no component until it was accepted."""

    part = models.ForeignKey(CensusPart, on_delete=models.CASCADE, related_name="items")
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, default="asked")  # rules.census.Item
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "asset"], condition=Q(asset__isnull=False), name="city_census_item_once")]
        indexes = [
            models.Index(fields=["part", "state"], name="city_census_item_state"),
            models.Index(fields=["asset"], name="city_census_item_asset", condition=Q(asset__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.part_id} {self.asset_id} {self.state}"


class CensusAnswer(models.Model):
    """What an inspector said of a component, when and where, and what became of it (rules.census.Finding)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    item = models.ForeignKey(CensusItem, on_delete=models.CASCADE, related_name="answers")
    order = models.ForeignKey(CensusOrder, on_delete=models.CASCADE, related_name="answers")
    answer = models.CharField(max_length=12)  # rules.census.Answer
    values = models.JSONField(default=dict)  # as given
    changed = models.JSONField(default=dict)  # {field: {"from", "to"}} against the register of that moment; `place` in metres
    point = models.PointField(srid=4326, null=True, blank=True, spatial_index=False)
    reason = models.CharField(max_length=500, blank=True)
    files = ArrayField(models.UUIDField(), default=list)
    state = models.CharField(max_length=10, default="applied")
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=80, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["order", "state", "id"], name="city_census_answer_state"),
            models.Index(fields=["item", "-id"], name="city_census_answer_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.answer} {self.state}"


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


class FieldMark(models.Model):
    """Signing in and out with place (考勤): one line each, append-only; the shift is named by its first line."""

    pk = models.CompositePrimaryKey("region", "recorded_at", "uid")
    region = models.CharField(max_length=6)
    recorded_at = models.DateTimeField()
    uid = models.UUIDField()
    kind = models.CharField(max_length=4)  # in | out
    shift_uid = models.UUIDField()
    account_id = models.BigIntegerField()
    org_id = models.BigIntegerField(null=True)
    grid_id = models.BigIntegerField(null=True)  # responsibility grid
    area_path = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()  # set right; `said_at` is what the phone said
    said_at = models.DateTimeField()
    clock_off_s = models.IntegerField(default=0)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    source = models.CharField(max_length=10, blank=True)
    no_place_reason = models.CharField(max_length=200, blank=True)
    away_m = models.FloatField(null=True)  # from the grid; 0 inside
    fix_system = models.CharField(max_length=6, blank=True)  # gcj02: the browser's places are shifted (rules/field/fixes.py)
    fix_sure = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "recorded_at"], name="city_fieldmark_account"),
            models.Index(fields=["grid_id", "recorded_at"], name="city_fieldmark_grid"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account_id} {self.occurred_at}"


class Position(models.Model):
    """One kept position of a shift (轨迹点), append-only, in months that are dropped when the setting says so."""

    pk = models.CompositePrimaryKey("region", "recorded_at", "uid")
    region = models.CharField(max_length=6)
    recorded_at = models.DateTimeField()
    uid = models.UUIDField()
    shift_uid = models.UUIDField()
    account_id = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy_m = models.FloatField(null=True)
    device = models.CharField(max_length=60, blank=True)  # empty: the phone's own page
    from_system = models.CharField(max_length=6, blank=True)  # gcj02: it came shifted and was taken back

    class Meta:
        indexes = [models.Index(fields=["shift_uid", "occurred_at"], name="city_position_shift")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.occurred_at}"


class NoFixSpan(models.Model):
    """A span without a place (无定位) as the phone told it, with its reason; append-only."""

    pk = models.CompositePrimaryKey("region", "recorded_at", "uid")
    region = models.CharField(max_length=6)
    recorded_at = models.DateTimeField()
    uid = models.UUIDField()
    shift_uid = models.UUIDField()
    account_id = models.BigIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    reason = models.CharField(max_length=14)  # no_fix | screen_locked | off

    class Meta:
        indexes = [models.Index(fields=["shift_uid", "began_at"], name="city_nofix_shift")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.began_at} {self.reason}"


class GridCover(models.Model):
    """How much of a responsibility grid was walked on a day that has ended (巡查覆盖); kept by a job, dropped with the tracks."""

    grid = models.ForeignKey(ResponsibilityGrid, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    area_path = models.CharField(max_length=200)  # of the grid on that day
    cells = models.PositiveIntegerField()
    seen = models.PositiveIntegerField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "grid"], name="city_gridcover_once")]

    def __str__(self) -> str:
        return f"{self.grid_id} {self.day} {self.seen}/{self.cells}"
