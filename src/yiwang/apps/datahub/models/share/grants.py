"""What was granted: a credential with its bounds, each call in a chain, deliveries with proof of deletion, approved queries."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.models.dataset import Dataset
from yiwang.apps.datahub.models.share.requests import SharingRequest, Way
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Organization


class GrantState(models.TextChoices):
    ACTIVE = "active", _("In use")
    SUSPENDED = "suspended", _("Suspended")
    REVOKED = "revoked", _("Revoked")
    ENDED = "ended", _("Ended")


class SharingGrant(models.Model):
    """One grant. `secret_hash` is SHA-256 of the secret; `sealed` is the same under the platform's key, to check signatures with.

    `head` and `calls` are the end of the chain of its calls.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    request = models.OneToOneField(SharingRequest, on_delete=models.PROTECT, related_name="grant")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="grants")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    owner_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    way = models.CharField(max_length=6, choices=Way.choices)
    masks = models.JSONField(default=dict)  # column -> strength: the columns that it may read
    lookups = models.JSONField(default=list)  # masked columns that may be asked for by their exact value
    row_filter = models.JSONField(default=list)
    addresses = models.JSONField(default=list)
    per_minute = models.PositiveIntegerField()
    per_day = models.PositiveIntegerField()
    query = models.TextField(blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=GrantState.choices, default=GrantState.ACTIVE)
    state_reason = models.CharField(max_length=500, blank=True)
    key_id = models.CharField(max_length=24, unique=True)
    secret_hash = models.CharField(max_length=64, blank=True)
    sealed = models.TextField(blank=True)
    shown_at = models.DateTimeField(null=True, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    old_key_ids = models.JSONField(default=list)
    head = models.CharField(max_length=64, blank=True)
    calls = models.BigIntegerField(default=0)
    review_told_at = models.DateTimeField(null=True, blank=True)
    alarmed_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "valid_until"], name="datahub_grant_until")]

    def __str__(self) -> str:
        return self.key_id


class GrantCall(models.Model):
    """One call, let in or refused; append-only (a trigger says so). Times in ms; `params` masked, `subjects` hashed."""

    grant = models.ForeignKey(SharingGrant, on_delete=models.PROTECT, related_name="log")
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    nonce = models.CharField(max_length=64)
    kind = models.CharField(max_length=10)  # rows, changes, file, query
    purpose = models.CharField(max_length=80, blank=True)  # number of the case or code of the item
    address = models.CharField(max_length=45, blank=True)
    params = models.JSONField(default=dict)
    subjects = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    rows = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=60, blank=True)
    ms = models.PositiveIntegerField(default=0)
    request_hash = models.CharField(max_length=64)
    payload_hash = models.CharField(max_length=64, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grant", "seq"], name="datahub_call_seq_once"),
            models.UniqueConstraint(fields=["grant", "nonce"], name="datahub_call_nonce_once"),
        ]
        indexes = [models.Index(fields=["grant", "at"], name="datahub_call_at")]

    def __str__(self) -> str:
        return f"{self.grant_id}/{self.seq}"


class Delivery(models.Model):
    """A file or a batch of changed rows that was handed out, and the proof that it was deleted when its time had come."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    grant = models.ForeignKey(SharingGrant, on_delete=models.PROTECT, related_name="deliveries")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=8)  # file, changes
    name = models.CharField(max_length=120)
    rows = models.BigIntegerField(default=0)
    removed = models.BigIntegerField(default=0)  # of the rows: keys that are gone
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True, blank=True)
    delete_by = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)  # here
    proof = models.JSONField(default=dict)  # what the receiver declares of his copy: who, when, how, hash

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "seq"], name="datahub_delivery_once")]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.seq}"
