"""Closed periods (定格): figures with the facts they were counted from, that later events do not change."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yiwang.kernel.base.uid import uuid7


class Result(models.Model):
    """One scheme for one period, as it was closed. A correction is a new version of it, with its reason."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    scheme = models.CharField(max_length=60)
    period = models.CharField(max_length=40)  # contracts.Period.code
    first = models.DateField()
    last = models.DateField()
    version = models.PositiveIntegerField(default=1)
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    reason = models.CharField(max_length=500, blank=True)
    area_path = models.CharField(max_length=200, blank=True)
    as_of = models.DateTimeField()
    catalogue = models.JSONField(default=dict)  # the very definitions that it was computed by
    hash = models.CharField(max_length=64)
    event_uid = models.UUIDField(null=True)  # the line of the record that holds the hash
    closed_at = models.DateTimeField()
    closed_by_name = models.CharField(max_length=120, blank=True)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "period", "area_path", "version"], name="yw_ind_result_once"),
        ]
        indexes = [models.Index(fields=["-closed_at", "-id"], name="yw_ind_result_recent")]

    def __str__(self) -> str:
        return f"{self.scheme} {self.period} v{self.version}"


class ResultRow(models.Model):
    """One object of a result, with the name it had then."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=200)
    measures = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)  # {indicator: [value, numerator, denominator]}
    points = models.JSONField(default=dict)
    score = models.FloatField(null=True)
    grade = models.CharField(max_length=12, blank=True)
    colour = models.CharField(max_length=12, blank=True)
    rank = models.IntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["result", "kind", "key"], name="yw_ind_row_once")]

    def __str__(self) -> str:
        return f"{self.result_id} {self.kind} {self.key}"


class ResultMember(models.Model):
    """One fact that a closed result counted: for which objects and in which measures. Numbers are recounted from these."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=6)
    fact_id = models.BigIntegerField()
    case_id = models.BigIntegerField()
    object_key = models.CharField(max_length=40, blank=True)  # of the scheme's kind
    hits = ArrayField(models.SmallIntegerField())  # places in the result's list of measures
    amounts = models.JSONField(default=dict)  # {place: number} where a measure adds up

    class Meta:
        constraints = [models.UniqueConstraint(fields=["result", "source", "fact_id"], name="yw_ind_member_once")]
        indexes = [models.Index(fields=["result", "object_key"], name="yw_ind_member_object")]

    def __str__(self) -> str:
        return f"{self.result_id} {self.source} {self.fact_id}"
