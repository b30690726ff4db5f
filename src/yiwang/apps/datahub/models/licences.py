"""Licences of legal entities (许可证照), as the registers of bureaus tell of them."""

from django.db import models

from yiwang.apps.datahub.models.subjects import BaseSource
from yiwang.kernel.base.uid import uuid7


class Licence(models.Model):
    """One licence. It belongs to whoever has its credit code, so that it follows when golden records are merged."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    source = models.ForeignKey(BaseSource, on_delete=models.PROTECT, related_name="licences")
    number = models.CharField(max_length=80)
    credit_code = models.CharField(max_length=18, db_index=True)
    issued_on = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=40, blank=True)  # in the register's own words
    loaded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # the register names it no more

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="datahub_licence_once")]

    def __str__(self) -> str:
        return self.number
