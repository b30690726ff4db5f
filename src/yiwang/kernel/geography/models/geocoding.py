"""Files of addresses that somebody had looked up."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account


class RunState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being looked up")
    DONE = "done", _("Looked up")
    FAILED = "failed", _("Failed")


class GeocodeRun(models.Model):
    """One file of addresses with its answers (批量地理编码). It goes by itself after some days; personal columns never came in."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    asked_by = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    file_name = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.WAITING)
    header = models.JSONField()  # kept columns
    address_column = models.PositiveSmallIntegerField()
    dropped = models.JSONField(default=list)  # names of columns that looked personal
    rows = models.JSONField()  # lists of texts
    answers = models.JSONField(default=list)  # for each row done: [lon, lat, score, accuracy, name, why]
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=dict)  # accuracy -> count

    class Meta:
        indexes = [models.Index(fields=["asked_by", "-id"], name="yw_geo_run_own")]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"
