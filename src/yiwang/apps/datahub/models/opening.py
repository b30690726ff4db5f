"""Open data (数据开放): published versions of data sets, their files, how much they are used, and who asked for what."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from yiwang.apps.datahub.models.dataset import Cycle, Dataset
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization


class OpenState(models.TextChoices):
    PREPARED = "prepared", _("Prepared, not yet open")
    OPEN = "open", pgettext_lazy("data", "Open to everybody")
    RETRACTED = "retracted", _("Taken back")


class VersionState(models.TextChoices):
    PREPARED = "prepared", _("Waits for release")
    RELEASED = "released", _("Released")
    REFUSED = "refused", _("Not released")
    REPLACED = "replaced", _("Replaced by a newer version")


class OpenSet(models.Model):
    """One data set as everybody sees it. `slug` is its name in addresses and in the CKAN interface."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    title = models.JSONField()  # {"zh-Hans", "en"}
    notes = models.JSONField(default=dict)
    theme = models.CharField(max_length=40)
    tags = ArrayField(models.CharField(max_length=60), default=list)
    formats = ArrayField(models.CharField(max_length=10), default=list)  # of the present version
    licence = models.CharField(max_length=40)
    cycle = models.CharField(max_length=10, choices=Cycle.choices, default=Cycle.IRREGULAR)
    state = models.CharField(max_length=10, choices=OpenState.choices, default=OpenState.PREPARED)
    current = models.ForeignKey("OpenVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)  # when the next version is promised
    opened_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now_add=True)
    uses = models.BigIntegerField(default=0)  # downloads and calls, all time
    retracted_at = models.DateTimeField(null=True, blank=True)
    retracted_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    retracted_reason = models.CharField(max_length=500, blank=True)
    is_sample = models.BooleanField(default=False)
    search = SearchVectorField(null=True)  # bigrams, kept by trigger

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="datahub_openset_search"),
            GinIndex(fields=["tags"], name="datahub_openset_tags"),
            models.Index(fields=["state", "-changed_at", "-id"], name="datahub_openset_newest"),
            models.Index(fields=["state", "-uses", "-id"], name="datahub_openset_used"),
            models.Index(fields=["state", "due_at"], name="datahub_openset_due"),
            models.Index(fields=["org_path"], name="datahub_openset_org", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.slug


class OpenVersion(models.Model):
    """One state of its rows: a Parquet file that never changes, what was done to the columns, and what the check found."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    open_set = models.ForeignKey(OpenSet, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.PREPARED)
    columns = models.JSONField(default=list)  # [{"name", "label", "kind", "unit", "description", "step"}] in their order
    recipe = models.JSONField(default=dict)  # {column: step of generalisation}; columns that are not in it are left out
    told = models.JSONField(default=dict)  # title, notes, theme, licence, tags, cycle as prepared: shown from the release on
    path = models.CharField(max_length=300)  # below the lake's folder
    sha256 = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField()
    suppressed = models.BigIntegerField(default=0)  # rows left out so that nobody stands alone
    privacy = models.JSONField(default=dict)  # {"before": ..., "after": ...}, as rules/privacy measures
    quality = models.FloatField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)  # when the source's rows were loaded
    prepared_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(auto_now_add=True)
    secrecy_body = models.CharField(max_length=120, blank=True)  # who did the 保密审查
    secrecy_statement = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["open_set", "number"], name="datahub_open_version_once"),
            models.CheckConstraint(
                name="datahub_open_second_person",
                condition=~models.Q(state__in=["released", "replaced"]) | models.Q(prepared_by__isnull=True) | ~models.Q(prepared_by=models.F("decided_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.open_set_id} v{self.number}"


class OpenFile(models.Model):
    """A file that people take: one for each format, the same number through all versions (a CKAN resource)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    open_set = models.ForeignKey(OpenSet, on_delete=models.CASCADE, related_name="files")
    format = models.CharField(max_length=10)  # csv, plain, xlsx, json, parquet, geojson
    path = models.CharField(max_length=300)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["open_set", "format"], name="datahub_open_file_once")]

    def __str__(self) -> str:
        return f"{self.open_set_id}.{self.format}"


class OpenUse(models.Model):
    """How often a set was taken on a day, by whom as far as he said it: the key of a client, else nobody."""

    open_set = models.ForeignKey(OpenSet, on_delete=models.CASCADE, related_name="use")
    day = models.DateField()
    kind = models.CharField(max_length=10)  # page, download, api
    format = models.CharField(max_length=10, blank=True)
    client_id = models.BigIntegerField(default=0)  # 0: without a key
    client_name = models.CharField(max_length=120, blank=True)
    times = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["open_set", "day", "kind", "format", "client_id"], name="datahub_open_use_once")]

    def __str__(self) -> str:
        return f"{self.open_set_id} {self.day} {self.kind}"


class RequestKind(models.TextChoices):
    WANT = "want", _("Please open this data")
    CORRECT = "correct", _("Something in the data is wrong")


class RequestState(models.TextChoices):
    RECEIVED = "received", _("Received, not yet answered")
    AGREED = "agreed", pgettext_lazy("data", "Agreed")
    PARTLY = "partly", _("Agreed in part")
    REFUSED = "refused", pgettext_lazy("data", "Refused")


class OpenRequest(models.Model):
    """A wish or a correction of somebody outside. No name, no number: whoever keeps the code reads the answer."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=10, choices=RequestKind.choices)
    open_set = models.ForeignKey(OpenSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # who answers
    org_path = models.CharField(max_length=200, blank=True)
    area_path = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=1000)
    purpose = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.RECEIVED)
    received_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_reason = models.CharField(max_length=500, blank=True)
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_shown = models.BooleanField(default=False)  # question and answer stand on the public page

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="datahub_open_request_due")]

    def __str__(self) -> str:
        return self.code
