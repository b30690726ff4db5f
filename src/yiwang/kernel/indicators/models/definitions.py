"""Measures, indicators and schemes as data: versions that hold from a day on. The database is the truth."""

from django.db import models

from yiwang.kernel.base.uid import uuid7


class Definition(models.Model):
    """One version of a measure, indicator or scheme. A version never changes; a new one holds from its own day."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=10)  # measure | indicator | scheme
    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    valid_from = models.DateField()
    app = models.CharField(max_length=40)
    body = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    origin = models.CharField(max_length=10, default="folder")  # folder | local: a folder never replaces a local edit
    is_retired = models.BooleanField(default=False)  # from `valid_from` on it holds no more
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code", "version"], name="yw_ind_definition_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} v{self.version}"
