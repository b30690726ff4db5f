"""The catalogue's own side of a data set (政务信息资源目录): what GB/T 21063.3 asks beyond the set itself, and its versions."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from yiwang.apps.datahub.models.dataset import Dataset
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account


class CatalogueEntry(models.Model):
    """One entry. `pending` holds changes to a published set that nobody has judged yet: the old words stand meanwhile."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="entry")
    number = models.CharField(max_length=60, blank=True)  # 信息资源代码 GB/T 21063.4
    format = models.CharField(max_length=40, blank=True)
    ways = models.JSONField(default=list)  # api, table, file, query
    network = models.CharField(max_length=20, blank=True)
    source_system = models.CharField(max_length=120, blank=True)
    items = models.JSONField(default=list)  # codes of the service items that it serves
    scene = models.CharField(max_length=500, blank=True)
    contact = models.CharField(max_length=80, blank=True)  # an office and its phone, never a private number
    sources = models.JSONField(default=list)  # codes of data sets that it was made of
    version = models.PositiveIntegerField(default=0)
    released_at = models.DateTimeField(null=True, blank=True)
    search = models.TextField(blank=True)  # lower case: names, keywords, body, pinyin and initials
    pending = models.JSONField(null=True, blank=True)
    submitted_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)  # until when it is to be judged
    returned_reason = models.CharField(max_length=500, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [GinIndex(fields=["search"], name="datahub_entry_search", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return f"entry of {self.dataset_id}"


class CatalogueVersion(models.Model):
    """What the entry said when it was published or withdrawn; never changed. `difference` is against the version before."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    difference = models.JSONField(default=list)  # [{"field", "before", "after"}]
    action = models.CharField(max_length=12)  # published, changed, withdrawn, imported
    made_by_name = models.CharField(max_length=80, blank=True)
    judged_by_name = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="datahub_entry_version_once")]

    def __str__(self) -> str:
        return f"{self.dataset_id} v{self.number}"


class SharingSettings(models.Model):
    """Time limits and bounds of sharing, by version: the latest is in force (data/sharing.toml is the first)."""

    version = models.PositiveIntegerField(unique=True)
    values = models.JSONField()
    reason = models.CharField(max_length=500)
    made_by_name = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"v{self.version}"
