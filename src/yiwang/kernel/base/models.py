"""Requests that must not be done twice (幂等键), and what each was answered."""

from django.db import models


class IdempotentRequest(models.Model):
    """One (client, key); written in the transaction that does the work, kept 90 days."""

    client = models.CharField(max_length=80)  # "account:17", "client:3", "public:<session>"
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=200)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="yw_base_idempotent_once")]

    def __str__(self) -> str:
        return f"{self.client} {self.key}"
