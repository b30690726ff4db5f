"""Data standards (数据标准): data elements and code lists in versions that are never changed, mappings, suggested grades."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account


class StandardState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    STANDARD = "standard", _("In force")
    RETIRED = "retired", _("Retired")


class DataElement(models.Model):
    """One version of a data element (数据元, GB/T 19488). The newest one counts; `body` is rules.standards.elements.Element."""

    code = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=StandardState.choices, default=StandardState.STANDARD)
    is_present = models.BooleanField(default=True)  # the newest version
    reason = models.CharField(max_length=500, blank=True)
    made_by_name = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="datahub_element_version_once"),
            models.UniqueConstraint(fields=["code"], condition=models.Q(is_present=True), name="datahub_element_present_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class CodeList(models.Model):
    """One version of a code list (代码集). `entries` is [[code, label, parent], ...] in their order."""

    code = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    source = models.CharField(max_length=120, blank=True)  # the standard it is taken from
    entries = models.JSONField()
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=StandardState.choices, default=StandardState.STANDARD)
    is_present = models.BooleanField(default=True)
    reason = models.CharField(max_length=500, blank=True)
    made_by_name = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="datahub_code_list_version_once"),
            models.UniqueConstraint(fields=["code"], condition=models.Q(is_present=True), name="datahub_code_list_present_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class CodeMapping(models.Model):
    """Which code of one list is which of another (代码映射), for the versions that it was made for; never changed, the newest counts."""

    source = models.SlugField(max_length=60)
    target = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    source_version = models.PositiveIntegerField()
    target_version = models.PositiveIntegerField()
    pairs = models.JSONField()  # [[from, to, note], ...]
    reason = models.CharField(max_length=500, blank=True)
    made_by_name = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target", "version"], name="datahub_mapping_version_once")]

    def __str__(self) -> str:
        return f"{self.source} > {self.target} v{self.version}"


class GradeState(models.TextChoices):
    OPEN = "open", _("Waits for a person")
    ACCEPTED = "accepted", _("Accepted")
    OTHER = "other", _("Another grade was set")
    DECLINED = "declined", _("Left as it is, with a reason")
    GONE = "gone", _("The column changed meanwhile")


class GradeSuggestion(models.Model):
    """What a column's grade should be (分类分级建议), why, and what a person decided."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    dataset = models.ForeignKey("Dataset", on_delete=models.CASCADE, related_name="grade_suggestions")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    column = models.CharField(max_length=63)
    label = models.CharField(max_length=200, blank=True)
    present_grade = models.PositiveSmallIntegerField()
    present_personal = models.CharField(max_length=20, blank=True)
    grade = models.PositiveSmallIntegerField()
    personal = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=10, blank=True)  # personal, sensitive
    reasons = models.JSONField(default=list)  # [{"source", "code", "share"}]
    rows = models.BigIntegerField(default=0)  # looked at
    state = models.CharField(max_length=10, choices=GradeState.choices, default=GradeState.OPEN)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_grade = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "column"], condition=models.Q(state="open"), name="datahub_grade_open_once"),
        ]
        indexes = [models.Index(fields=["state", "-grade"], name="datahub_grade_state")]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.column} L{self.grade}"
