"""The macro-economic base (宏观经济库): indicators, series of figures, and every figure as it was given at its time."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.models.dataset import Grade
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Organization


class EconomicTheme(models.TextChoices):
    ACCOUNTS = "accounts", _("National accounts")
    AGRICULTURE = "agriculture", _("Agriculture")
    INDUSTRY = "industry", _("Industry and energy")
    INVESTMENT = "investment", _("Investment and building")
    TRADE = "trade", _("Trade and consumption")
    FOREIGN = "foreign", _("Foreign trade")
    FINANCE = "finance", _("Public finance")
    BANKING = "banking", _("Banking")
    PRICES = "prices", _("Prices")
    PEOPLE = "people", _("Population and work")
    INCOME = "income", _("Incomes")


class FigureKind(models.TextChoices):
    FLOW = "flow", _("Flow: of a stretch of time")
    STOCK = "stock", _("Stock: at the end of the period")
    INDEX = "index", _("Index")
    RATE = "rate", _("Rate or share")


class IndexBase(models.TextChoices):
    NONE = "", "–"
    FIXED = "fixed", _("A fixed period is 100")
    YEAR_BEFORE = "year_before", _("The same period of the year before is 100")
    PERIOD_BEFORE = "period_before", _("The period before is 100")


class PeriodKind(models.TextChoices):
    MONTH = "month", _("Monthly")
    QUARTER = "quarter", _("Quarterly")
    HALF = "half", _("Half-yearly")
    YEAR = "year", _("Yearly")


class PriceBasis(models.TextChoices):
    NONE = "", "–"
    CURRENT = "current", _("Current prices")
    CONSTANT = "constant", _("Constant prices")


class EconomicIndicator(models.Model):
    """What is measured, whoever and wherever: regional product, retail sales (指标)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.JSONField()  # texts
    theme = models.CharField(max_length=12, choices=EconomicTheme.choices)

    def __str__(self) -> str:
        return self.code


class EconomicSeries(models.Model):
    """One row of figures (统计序列): an indicator, of an area, by a caliber (口径), for one kind of period."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.SlugField(max_length=100, unique=True)
    indicator = models.ForeignKey(EconomicIndicator, on_delete=models.PROTECT, related_name="series")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")  # the source body
    org_path = models.CharField(max_length=200)
    caliber = models.JSONField(default=dict)  # texts: what is counted and what is not
    unit = models.CharField(max_length=20)  # Chinese, as data/economy_units.toml lists them
    decimals = models.PositiveSmallIntegerField(default=2)
    kind = models.CharField(max_length=6, choices=FigureKind.choices)
    index_base = models.CharField(max_length=14, choices=IndexBase.choices, default=IndexBase.NONE, blank=True)
    period_kind = models.CharField(max_length=8, choices=PeriodKind.choices)
    is_cumulative = models.BooleanField(default=False)  # 累计: from January on
    price = models.CharField(max_length=8, choices=PriceBasis.choices, default=PriceBasis.NONE, blank=True)
    price_year = models.PositiveSmallIntegerField(null=True, blank=True)  # of constant prices
    deflator = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    whole = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts")
    grade = models.PositiveSmallIntegerField(choices=Grade.choices, default=Grade.INTERNAL)
    is_sample = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_cumulative=False) | Q(kind="flow"), name="datahub_series_flows_cumulate"),
            models.CheckConstraint(condition=Q(kind="index") ^ Q(index_base=""), name="datahub_series_index_base"),
        ]
        indexes = [models.Index(fields=["org_path"], name="datahub_series_org", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.code


class FigureStatus(models.TextChoices):
    PRELIMINARY = "preliminary", _("Preliminary")  # 初步核算
    REVISED = "revised", _("Revised")  # 修订
    FINAL = "final", _("Finally verified")  # 最终核实


class FigureState(models.TextChoices):
    WAITING = "waiting", _("Waits for a second person")
    RELEASED = "released", _("Released")
    REJECTED = "rejected", _("Not released")


class EconomicFigure(models.Model):
    """One figure as it was given. Nothing is overwritten: a correction is the next revision with its reason.

    The database refuses to delete a row or to change what it says; only the decision on one that waits is added.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    series = models.ForeignKey(EconomicSeries, on_delete=models.PROTECT, related_name="figures")
    period = models.CharField(max_length=7)  # 2026, 2026H1, 2026Q3, 2026-03
    start_on = models.DateField()
    revision = models.PositiveSmallIntegerField()
    value = models.DecimalField(max_digits=21, decimal_places=6, null=True)  # none: taken back
    status = models.CharField(max_length=12, choices=FigureStatus.choices)
    reason = models.CharField(max_length=300, blank=True)
    released_on = models.DateField()  # by the source body
    origin = models.CharField(max_length=200, blank=True)  # the sheet and cell, or the publication
    state = models.CharField(max_length=8, choices=FigureState.choices)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "start_on", "revision"], name="datahub_figure_once")]
        indexes = [models.Index(fields=["id"], name="datahub_figure_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.series_id} {self.period} r{self.revision}"
