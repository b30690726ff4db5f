"""Cases (案卷) and the reports (上报) that opened or joined them."""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.contrib.postgres.search import SearchVectorField
from django.db.models import Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.live import LiveManager
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models.matter import ManualRow, Matter, MatterVersion
from yiwang.kernel.identity.models import Organization


class Mode(models.TextChoices):
    LIVE = "live", "正式"
    TRIAL = "trial", "试运行"
    IMPORTED = "imported", "导入"


class Case(models.Model):
    """One instance of a matter: common columns; the app's typed columns are in its own 1:1 table."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    region = models.CharField(max_length=6)
    app = models.CharField(max_length=40)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    matter_version = models.ForeignKey(MatterVersion, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=32, null=True, blank=True, unique=True)  # drawn at 立案
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=24, default="reported")
    outcome = models.CharField(max_length=24, blank=True)  # closed, forced_close, refused, void, merged ...
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    channel = models.CharField(max_length=24)
    is_urgent = models.BooleanField(default=False)
    is_sample = models.BooleanField(default=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # lead
    org_path = models.CharField(max_length=200, blank=True)
    point = models.PointField(srid=4326, null=True, blank=True)
    address = models.CharField(max_length=256, blank=True)
    data = models.JSONField(default=dict)  # answers without personal values
    filing_row = models.ForeignKey(ManualRow, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    main_case = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_cases")
    reported_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)  # of the clock that runs now; kept for lists
    suspended_until = models.DateTimeField(null=True, blank=True)
    was_suspended = models.BooleanField(default=False)
    return_count = models.PositiveSmallIntegerField(default=0)
    rework_count = models.PositiveSmallIntegerField(default=0)
    extension_count = models.PositiveSmallIntegerField(default=0)
    urge_count = models.PositiveSmallIntegerField(default=0)
    supervise_count = models.PositiveSmallIntegerField(default=0)
    reopen_count = models.PositiveSmallIntegerField(default=0)
    appeal_accepted = models.BooleanField(default=False)
    event_count = models.PositiveIntegerField(default=0)  # the chain: how many lines, and the last one's hash
    event_head = models.BinaryField(default=bytes)
    version = models.PositiveIntegerField(default=0)  # what a page saw; grows with every action
    search = SearchVectorField(null=True)  # bigrams, kept by trigger
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LiveManager()
    all_modes = models.Manager["Case"]()  # the engine itself, imports, and what asks for them by name

    class Meta:
        base_manager_name = "all_modes"
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(outcome=""), name="yw_cases_closed_has_outcome"
            )
        ]
        indexes = [
            models.Index(fields=["-reported_at", "-id"], name="yw_cases_reported"),
            models.Index(fields=["state", "-reported_at"], name="yw_cases_state"),
            models.Index(fields=["area_path", "-reported_at"], name="yw_cases_area", opclasses=["varchar_pattern_ops", "timestamptz_ops"]),
            models.Index(fields=["due_at"], name="yw_cases_open_due", condition=Q(closed_at__isnull=True)),
            # One in fifty is open: maps, duplicates and boards ask for those, or for what ended in the last days.
            GistIndex(fields=["point"], name="yw_cases_open_point", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["filed_at"], name="yw_cases_filed"),
            models.Index(fields=["closed_at"], name="yw_cases_closed", condition=Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number or str(self.uid)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Report(models.Model):
    """What somebody told us (上报/诉求); many to one case. 上报数 counts these, 立案数 counts filed cases."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    opened_case = models.BooleanField(default=True)  # False: it joined
    first_case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")  # before a merge
    channel = models.CharField(max_length=24)
    reporter_account_id = models.BigIntegerField(null=True, blank=True)
    reporter_client_id = models.BigIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    point = models.PointField(srid=4326, null=True, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True)
    address = models.CharField(max_length=256, blank=True)
    area_path = models.CharField(max_length=200)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    source_key = models.CharField(max_length=120, blank=True)  # the other system's own id
    query_code = models.CharField(max_length=16, blank=True)  # with which a citizen asks without signing in
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    objects = LiveManager()
    all_modes = models.Manager["Report"]()

    class Meta:
        base_manager_name = "all_modes"
        indexes = [
            models.Index(fields=["query_code"], name="yw_cases_report_code", condition=~Q(query_code="")),
            models.Index(fields=["reporter_account_id", "-received_at"], name="yw_cases_report_account"),
            models.Index(fields=["-received_at", "-id"], name="yw_cases_report_received"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "source_key"], condition=~Q(source_key=""), name="yw_cases_report_source"
            )
        ]

    def __str__(self) -> str:
        return str(self.uid)


class EngineState(models.Model):
    """The process instance, compressed; deleted when the case ends."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="engine")
    state = models.BinaryField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.case_id)


class CaseOrg(models.Model):
    """Which organisations a case concerns or concerned; their people see it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="orgs")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    part = models.CharField(max_length=12)  # lead | helper | consult | past

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "org"], name="yw_cases_org_once")]
        indexes = [models.Index(fields=["org_path", "case"], name="yw_cases_org_path", opclasses=["varchar_pattern_ops", "int8_ops"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.org_id} {self.part}"


class CaseActor(models.Model):
    """Who acted in which step, himself or through a substitute: what 监管分离 is judged by."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="actors")
    account_id = models.BigIntegerField()
    step = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "account_id", "step"], name="yw_cases_actor_once")]
        indexes = [models.Index(fields=["account_id", "case"], name="yw_cases_actor_account")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.account_id} {self.step}"


class NumberSeries(models.Model):
    """The last number drawn of a series; a rolled-back filing gives its number back, so none is missing."""

    series = models.CharField(max_length=60, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series} {self.last}"
