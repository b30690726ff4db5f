"""Contracts with those who collect, answer or maintain for the county (外包采集、坐席、养护), and their monthly settlement."""

from django.contrib.gis.db import models
from django.db.models import F, Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Organization


class Contract(models.Model):
    """What is paid to a body for what, and what is deducted. Prices are yuan as text with two decimals; JSON has no decimals."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8)  # collect | seat | upkeep
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    prices = models.JSONField()  # {unit: "1.50"}
    deductions = models.JSONField(default=list)  # [{"code", "amount": "20.00", "free": 2}]
    valid_from = models.DateField()
    valid_to = models.DateField()
    entered_at = models.DateTimeField()
    entered_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(valid_from__lte=F("valid_to")), name="city_contract_span")]
        indexes = [models.Index(fields=["-valid_to", "-id"], name="city_contract_valid")]

    def __str__(self) -> str:
        return self.code


class Settlement(models.Model):
    """The sheet of a month as it was settled: never changed; `sha256` of `sheet` stands in the record."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="settlements")
    month = models.DateField()  # its first day
    sheet = models.JSONField()
    total = models.DecimalField(max_digits=14, decimal_places=2)
    sha256 = models.CharField(max_length=64)
    settled_at = models.DateTimeField()
    settled_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "month"], name="city_settlement_once")]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.month}"
