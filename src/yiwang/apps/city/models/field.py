"""Shifts, tracks and patrol cover of inspectors (巡查)."""

from django.contrib.gis.db import models

from yiwang.kernel.geography.models import ResponsibilityGrid


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
