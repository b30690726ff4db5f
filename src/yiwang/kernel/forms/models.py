"""Versions of forms. A row never changes: a case's answers are read with the version they were checked against."""

from typing import Any

from django.db import models


class FormVersion(models.Model):
    """The database refuses changes too (migration 0001)."""

    code = models.CharField(max_length=80)  # the matter's code
    number = models.PositiveIntegerField()
    schema = models.JSONField()
    sha256 = models.CharField(max_length=64)  # of the schema as sorted JSON
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="yw_forms_version_number"),
            models.UniqueConstraint(fields=["code", "sha256"], name="yw_forms_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError(f"{self} is published and cannot be changed; store a new version")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{self} is published and cannot be deleted")
