"""Versions of processes and decision tables. A row never changes: running cases finish on what they began with."""

from typing import Any

from django.db import models


class ImmutableError(TypeError):
    """Somebody tried to change a published version; that is a programming error, never a user's."""


class Version(models.Model):
    """What the two kinds have in common. The database refuses changes too (migration 0001)."""

    code = models.CharField(max_length=80)  # the matter's code
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise ImmutableError(f"{self} is published and cannot be changed; store a new version")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise ImmutableError(f"{self} is published and cannot be deleted")


class ProcessVersion(Version):
    """A BPMN 2.0 diagram."""

    bpmn = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="yw_process_version_number"),
            models.UniqueConstraint(fields=["code", "sha256"], name="yw_process_version_once"),
        ]


class DecisionVersion(Version):
    """A file of DMN decision tables."""

    dmn = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="yw_process_decision_number"),
            models.UniqueConstraint(fields=["code", "sha256"], name="yw_process_decision_once"),
        ]
