"""Working calendars (工作日历) as tables: weekly periods, seasons, marked days, and the table that SQL counts with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.worktime.contracts import DayKind


class CalendarDef(models.Model):
    """One working calendar. `version` rises with every change, and caches are kept by it.

    `weekly` is {"1": [["08:00", "12:00"], ...], ...} by ISO weekday; an absent day is free. `seasons` is a list of
    {"name", "from": "05-01", "to": "09-30", "weekly": {...}} (夏令/冬令作息); the first that fits wins, and "from" after
    "to" runs over the new year.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.JSONField(default=dict)  # texts
    zone = models.CharField(max_length=64)
    weekly = models.JSONField(default=dict)
    seasons = models.JSONField(default=list, blank=True)
    known_years = models.JSONField(default=list, blank=True)  # years whose holidays are published; others are provisional
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class CalendarDay(models.Model):
    """A marked day: a holiday or a shifted working day (调休)."""

    KINDS = [(DayKind.HOLIDAY.value, _("Holiday")), (DayKind.WORKDAY.value, _("Working day"))]
    calendar = models.ForeignKey(CalendarDef, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=KINDS)
    periods = models.JSONField(null=True, blank=True)  # [["09:00", "12:00"]]: this day's own; null = the weekly ones
    note = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=200, blank=True)  # document number, or "local"
    is_provisional = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="yw_worktime_mark_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class WorktimeDay(models.Model):
    """The computed table that the SQL functions read; rebuilt whenever its calendar changes.

    `cumulative_minutes` is the working time of all days before this one, `periods` this day's [[from, to], ...] in
    seconds since 1970 (UTC), so that daylight saving is already settled.
    """

    calendar = models.ForeignKey(CalendarDef, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    starts_at = models.DateTimeField()  # midnight in the calendar's zone
    minutes = models.IntegerField()
    cumulative_minutes = models.IntegerField()
    periods = models.JSONField()
    is_provisional = models.BooleanField(default=False)

    class Meta:
        db_table = "worktime_day"
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="yw_worktime_day_once")]
        indexes = [
            models.Index(fields=["calendar", "starts_at"], name="yw_worktime_day_start"),
            models.Index(fields=["calendar", "cumulative_minutes"], name="yw_worktime_day_sum"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.minutes}"
