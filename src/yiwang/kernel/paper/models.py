"""Printed forms with what was entered from them, and plates."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.identity.models import Account


class FormKind(models.TextChoices):
    CASE = "case", _("Case form")
    REPORT = "report", _("Report form")


class FormState(models.TextChoices):
    PRINTED = "printed", _("Printed")
    ENTERED = "entered", _("Entered")
    VOID = "void", _("Void")


class PaperForm(models.Model):
    """One printed sheet (纸质办件单). Its number is on it as text and as a QR code."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    serial = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=8, choices=FormKind.choices)
    state = models.CharField(max_length=8, choices=FormState.choices, default=FormState.PRINTED)
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200, blank=True)
    matter = models.CharField(max_length=80, blank=True)  # of a report form
    batch = models.UUIDField(db_index=True)  # printed together
    printed_at = models.DateTimeField()
    printed_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind="report") | Q(case__isnull=False), name="yw_paper_form_of_case"),
        ]
        indexes = [models.Index(fields=["-printed_at", "-id"], name="yw_paper_form_recent")]

    def __str__(self) -> str:
        return self.serial


class PaperLine(models.Model):
    """One line of a form as it was entered: the same line is never entered twice."""

    form = models.ForeignKey(PaperForm, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveSmallIntegerField()
    occurred_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    done_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    event_uid = models.UUIDField(null=True)
    words = models.CharField(max_length=200)  # what was done, for the page

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="yw_paper_line_once")]

    def __str__(self) -> str:
        return f"{self.form_id} line {self.number}"


class Plate(models.Model):
    """A QR plate on a pole, a cover or at a village's entrance: its code is a place, without GPS (二维码标牌)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=8, unique=True)
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=120)
    address = models.CharField(max_length=256, blank=True)
    area_path = models.CharField(max_length=200)
    point = models.PointField(srid=4326)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset"], name="yw_paper_plate_once", condition=Q(retired_at__isnull=True, asset__isnull=False)),
        ]
        indexes = [models.Index(fields=["area_path"], name="yw_paper_plate_area", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.code
