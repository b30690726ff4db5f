"""Matters (事项): the definition of one kind of work, as immutable versions; and the command manual (指挥手册)."""

from django.db import models

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.forms.models import FormVersion
from yiwang.kernel.process.models import DecisionVersion, ProcessVersion


class Matter(models.Model):
    code = models.CharField(max_length=80, unique=True)  # "city.problem"
    app = models.CharField(max_length=40)
    name = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    current = models.ForeignKey("MatterVersion", null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.code


class ManualVersion(models.Model):
    """One issue of the command manual; rows of an issued one never change, because cases point at them."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="manuals")
    number = models.PositiveIntegerField()
    document_number = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "number"], name="yw_cases_manual_number")]

    def __str__(self) -> str:
        return f"{self.matter_id} v{self.number}"


class ManualRow(models.Model):
    """A filing condition (立案条件) with its closing condition (结案条件), its limit and who answers for it."""

    version = models.ForeignKey(ManualVersion, on_delete=models.PROTECT, related_name="rows")
    key = models.CharField(max_length=40)  # condition_id of manual.csv
    class_code = models.CharField(max_length=11)
    class_kind = models.CharField(max_length=12)  # component | matter
    condition = models.JSONField(default=dict)
    closing = models.JSONField(default=dict)
    limit_unit = models.CharField(max_length=20)
    limit_value = models.PositiveIntegerField()
    area_level = models.CharField(max_length=1, blank=True)  # empty = every level
    season = models.CharField(max_length=20, blank=True)
    phase = models.CharField(max_length=20, blank=True)
    department = models.CharField(max_length=40, blank=True)  # organization code
    supervisor = models.CharField(max_length=40, blank=True)
    urgent = models.BooleanField(default=False)
    informs_only = models.BooleanField(default=False)  # 告知性结案 allowed
    milestones = models.JSONField(default=list)  # [{"code","name","limit_unit","limit_value"}] 制止/罚/拆
    document_number = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=120, blank=True)
    notes = models.TextField(blank=True)  # 采集要求
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="yw_cases_manual_row_key")]
        indexes = [models.Index(fields=["version", "class_kind", "class_code"], name="yw_cases_manual_class")]

    def __str__(self) -> str:
        return self.key


class MatterVersion(models.Model):
    """Pins one version each of process, decisions, form and manual; a case pins its matter version."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    process = models.ForeignKey(ProcessVersion, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(DecisionVersion, null=True, on_delete=models.PROTECT, related_name="+")
    form = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    manual = models.ForeignKey(ManualVersion, null=True, on_delete=models.PROTECT, related_name="+")
    config = models.JSONField(default=dict)  # matter.toml
    sha256 = models.CharField(max_length=64)
    origin = models.CharField(max_length=10, default="folder")  # folder | local: a folder never replaces a local edit
    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "number"], name="yw_cases_matter_number")]

    def __str__(self) -> str:
        return f"{self.matter_id} v{self.number}"
