"""Runs of imports, and what the source said of each case."""

from django.contrib.gis.db import models

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case


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
