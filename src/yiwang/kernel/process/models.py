"""Published processes (BPMN) and decision tables (DMN): immutable versions; a running case stays on its own."""

from typing import Any

from django.db import models


class ImmutableError(Exception):
    """Somebody tried to change a published version."""


class Published(models.Model):
    """What all published definitions share. Rows are written once; a trigger refuses UPDATE and DELETE."""

    code = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise ImmutableError(f"{self} is published; publish a new version")
        super().save(*args, **kwargs)


class ProcessVersion(Published):
    bpmn = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="yw_process_number"),
            models.UniqueConstraint(fields=["code", "sha256"], name="yw_process_content"),
        ]


class DecisionVersion(Published):
    dmn = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="yw_decision_number"),
            models.UniqueConstraint(fields=["code", "sha256"], name="yw_decision_content"),
        ]
