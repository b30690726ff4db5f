"""Requests for another bureau's data (共享申请) and doubts about a row (校核纠错), each with its course."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.models.dataset import Dataset
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization


class RequestState(models.TextChoices):
    OWNER = "owner", _("With the source bureau")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    DISPUTED = "disputed", _("In dispute, with the authority")
    WITHDRAWN = "withdrawn", _("Taken back")
    ENDED = "ended", _("Ended")


class Way(models.TextChoices):
    API = "api", _("interface")
    TABLE = "table", _("table subscription")
    FILE = "file", _("file")
    QUERY = "query", _("query without taking away")


class SharingRequest(models.Model):
    """One bureau asks for columns and rows of a set, for a purpose that a law gives it, until a day."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    number = models.CharField(max_length=30, unique=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="requests")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    owner_path = models.CharField(max_length=200)  # of the source bureau
    area_path = models.CharField(max_length=200)
    made_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    columns = models.JSONField(default=list)
    row_filter = models.JSONField(default=list)  # [{"column", "op", "value"}]
    purpose = models.CharField(max_length=500)
    duty = models.CharField(max_length=120)  # code or name of the service item or duty that needs it
    basis = models.CharField(max_length=500)  # law, article
    scene = models.CharField(max_length=500, blank=True)
    system = models.CharField(max_length=120, blank=True)
    addresses = models.JSONField(default=list)  # from where calls come; empty: not bound
    per_day = models.PositiveIntegerField(default=1000)
    per_minute = models.PositiveIntegerField(default=60)
    way = models.CharField(max_length=6, choices=Way.choices, default=Way.API)
    valid_until = models.DateField()
    contact = models.CharField(max_length=80)
    query = models.TextField(blank=True)  # the SQL to be approved, for `query`
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OWNER)
    due_at = models.DateTimeField(null=True, blank=True)
    urged_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="datahub_request_due"),
            models.Index(fields=["org_path"], name="datahub_request_org", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["owner_path"], name="datahub_request_owner", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.number


class RequestStep(models.Model):
    """One step of a request's course; never changed."""

    request = models.ForeignKey(SharingRequest, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    action = models.CharField(max_length=16)
    state = models.CharField(max_length=10)
    by_name = models.CharField(max_length=80, blank=True)
    by_org = models.CharField(max_length=120, blank=True)
    text = models.CharField(max_length=500, blank=True)
    law = models.CharField(max_length=500, blank=True)  # the law that a refusal rests on
    was_due = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.action}"


class ObjectionState(models.TextChoices):
    OPEN = "open", _("Waits for the source bureau")
    CORRECTED = "corrected", _("Corrected")
    UPHELD = "upheld", _("Found to be right")


class RowObjection(models.Model):
    """A doubtful row that a user reports with evidence; the source answers, all subscribers hear of it.

    `row_key` is the row's key as given, sealed; `shown_key` is what people see of it, masked.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="objections")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    owner_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    sealed_key = models.TextField()
    shown_key = models.CharField(max_length=200)
    column = models.CharField(max_length=63, blank=True)
    text = models.CharField(max_length=1000)
    evidence = models.CharField(max_length=1000)
    made_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    urged_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=ObjectionState.choices, default=ObjectionState.OPEN)
    answer = models.CharField(max_length=1000, blank=True)
    answered_by_name = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="datahub_objection_due")]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.shown_key}"
