"""Data sets (数据资源): what a bureau holds and others may know of, with the contract that its rows keep.

Core metadata after GB/T 21063.3 (政务信息资源目录体系 核心元数据); sharing kinds after 政务数据共享条例; grades L1 to L4 as
local public-data guides have them under GB/T 43697-2024.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization


class DatasetState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waits to be judged")
    PUBLISHED = "published", _("Published in the catalogue")
    WITHDRAWN = "withdrawn", _("Withdrawn from the catalogue")


class Sharing(models.TextChoices):
    UNCONDITIONAL = "unconditional", _("Shared without condition")
    CONDITIONAL = "conditional", _("Shared on condition")
    NONE = "none", _("Not shared")


class Opening(models.TextChoices):
    UNCONDITIONAL = "unconditional", _("Open without condition")
    CONDITIONAL = "conditional", _("Open on condition")
    NONE = "none", _("Not open")


class Grade(models.IntegerChoices):
    PUBLIC = 1, _("L1 public")
    INTERNAL = 2, _("L2 internal")
    SENSITIVE = 3, _("L3 sensitive")
    HIGHLY_SENSITIVE = 4, _("L4 highly sensitive")


class Cycle(models.TextChoices):
    REALTIME = "realtime", _("As it happens")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")
    YEARLY = "yearly", _("Every year")
    IRREGULAR = "irregular", _("Not regularly")


class BaseKind(models.TextChoices):
    """Which base database (基础库) it belongs to."""

    NONE = "", _("A bureau's own")
    POPULATION = "population", _("Population")
    LEGAL = "legal", _("Legal entities")
    SPACE = "space", _("Natural resources and space")
    ECONOMY = "economy", _("Macro-economy")
    CREDIT = "credit", _("Social credit")
    LICENCE = "licence", _("Electronic licences")


class Dataset(models.Model):
    """One data set. `code` names it in files, SQL and the open interfaces: a-z, 0-9 and hyphens."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.SlugField(max_length=80, unique=True)
    name = models.JSONField()  # {"zh-Hans", "en"}
    abstract = models.JSONField(default=dict)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="datasets")  # 数源部门
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    theme = models.CharField(max_length=40, blank=True)
    keywords = models.JSONField(default=list)
    base = models.CharField(max_length=12, choices=BaseKind.choices, default=BaseKind.NONE, blank=True)
    sharing = models.CharField(max_length=14, choices=Sharing.choices, default=Sharing.CONDITIONAL)
    sharing_reason = models.CharField(max_length=500, blank=True)  # the condition, or the law that forbids
    opening = models.CharField(max_length=14, choices=Opening.choices, default=Opening.NONE)
    opening_reason = models.CharField(max_length=500, blank=True)
    grade = models.PositiveSmallIntegerField(choices=Grade.choices, default=Grade.INTERNAL)
    cycle = models.CharField(max_length=10, choices=Cycle.choices, default=Cycle.IRREGULAR)
    state = models.CharField(max_length=10, choices=DatasetState.choices, default=DatasetState.DRAFT)
    contract = models.ForeignKey(
        "ContractVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # the one in force
    layer = models.CharField(max_length=80, blank=True)  # a layer of the map by its code: the rows stay there
    rows = models.BigIntegerField(default=0)  # of the last landing
    bytes = models.BigIntegerField(default=0)
    landed_at = models.DateTimeField(null=True, blank=True)
    quality = models.FloatField(null=True, blank=True)  # 0 to 100, of the last run of its rules
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["org_path"], name="datahub_dataset_org", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["state", "code"], name="datahub_dataset_state"),
        ]

    def __str__(self) -> str:
        return self.code


class ContractVersion(models.Model):
    """One version of what a data set promises (数据契约). Never changed; a run says which version it kept."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="contracts")
    version = models.PositiveIntegerField()
    text = models.TextField()  # YAML as written
    body = models.JSONField()  # the same, parsed (rules.contract.Contract.as_dict)
    hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=500, blank=True)
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "version"], name="datahub_contract_version_once")]

    def __str__(self) -> str:
        return f"{self.dataset_id} v{self.version}"
