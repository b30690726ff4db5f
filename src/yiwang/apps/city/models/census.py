"""A census (专项普查): its order, parts, components and answers."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.geography.models import Asset, ResponsibilityGrid
from yiwang.kernel.identity.models import Account


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
