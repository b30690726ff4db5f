"""Requests that must not be done twice (幂等键), and what each was answered; how much each caller has done lately."""

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


class RateCount(models.Model):
    """Until when a caller's allowance under one limit is used up (rates.py). UNLOGGED: a crash may forget it."""

    key = models.CharField(max_length=100, primary_key=True)  # limit and keyed hash of the caller
    used_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """A long-running process lives; written by `heartbeats.beat` with the database's clock."""

    process = models.CharField(max_length=20)  # relay sealer live
    place = models.CharField(max_length=120)  # machine and process number
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["process", "place"], name="yw_base_heartbeat_once")]

    def __str__(self) -> str:
        return f"{self.process} {self.place}"


class Reading(models.Model):
    """The platform's figures at a moment, by gauge and labels: {"queue_jobs:todo": 3.0}."""

    at = models.DateTimeField(db_index=True)
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class Backfill(models.Model):
    """How far the filling of something that a release added has come (backfill.py)."""

    name = models.CharField(max_length=80, primary_key=True)
    position = models.BigIntegerField(default=0)  # the last key that was done
    rows = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
