"""Published forms: immutable versions; a case's answers stay readable under the version they were given to."""

from typing import Any

from django.db import models


class FormVersion(models.Model):
    code = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    schema = models.JSONField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="yw_form_number"),
            models.UniqueConstraint(fields=["code", "sha256"], name="yw_form_content"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise ValueError(f"{self} is published; publish a new version")
        super().save(*args, **kwargs)
