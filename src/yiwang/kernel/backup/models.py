"""What was backed up, verified and restored, as the page shows it; the store itself is the truth."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account


class Kind(models.TextChoices):
    FULL = "full", _("Backup")
    VERIFY = "verify", _("Verification")
    BASE = "base", _("Base for any moment")


class State(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    GOOD = "good", _("Good")
    FAILED = "failed", _("Failed")


class Run(models.Model):
    """One backup or verification, from its asking to its end."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    backup = models.CharField(max_length=40, blank=True, db_index=True)  # its name in the store
    store = models.CharField(max_length=300, blank=True)  # without any secret
    asked_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(null=True, blank=True)  # of a running one: when it last moved
    finished_at = models.DateTimeField(null=True, blank=True)
    phase = models.CharField(max_length=20, blank=True)  # database, files, definitions, restore, chain
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)  # 0: unknown
    facts = models.JSONField(default=dict, blank=True)  # bytes, rows, files, seconds
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "state", "-finished_at"], name="yw_backup_run_last")]

    def __str__(self) -> str:
        return f"{self.kind} {self.backup} {self.state}"
