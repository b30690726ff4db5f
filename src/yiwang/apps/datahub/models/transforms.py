"""Runs of transformations (加工任务); the models themselves are files."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7


class TransformState(models.TextChoices):
    RUNNING = "running", _("Running now")
    DONE = "done", _("Computed and landed")
    FAILED = "failed", _("Not computed")
    BROKEN = "broken", _("Broken off")


class TransformRun(models.Model):
    """One run of all models that can run. `results` has for each its rows, seconds, landing and why it was refused."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    engine = models.CharField(max_length=10)
    trigger = models.CharField(max_length=8)  # schedule, person
    state = models.CharField(max_length=8, choices=TransformState.choices, default=TransformState.RUNNING)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    results = models.JSONField(default=dict)
    why = models.CharField(max_length=80, blank=True)
    why_text = models.CharField(max_length=600, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-began_at"], name="datahub_transform_began")]

    def __str__(self) -> str:
        return f"{self.engine} {self.began_at:%Y-%m-%d %H:%M}"
