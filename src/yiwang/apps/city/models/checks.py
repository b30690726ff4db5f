"""Double-blind checks (双盲抽查): seeds, draws and second checks; and the figures by which work is judged."""

from django.contrib.gis.db import models
from django.db.models import Q

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.models import Account


class JudgingSetting(models.Model):
    """One version of the figures of a subject (data/judging.toml); the newest holds, none is ever changed."""

    code = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    values = models.JSONField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "number"], name="city_judging_setting_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.number}"


class LotterySeed(models.Model):
    """The seed of a day's draws: made by the machine at the first draw, its hash on record at once, itself shown when the day is over."""

    day = models.DateField(primary_key=True)
    seed = models.CharField(max_length=64)  # 32 bytes, hexadecimal
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day}"


class CheckDraw(models.Model):
    """One draw of who checks a case (抽签). `eligible` is everybody who was in the lot; the rule orders them (rules.judging.lottery)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="check_draws")
    kind = models.CharField(max_length=6)  # check | second
    round = models.PositiveSmallIntegerField()
    seed = models.ForeignKey(LotterySeed, on_delete=models.PROTECT, related_name="+")
    eligible = models.JSONField(default=list)  # uids of accounts, sorted
    drawn = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    why_none = models.CharField(max_length=20, blank=True)  # nobody: all had a part, patrol here, or may not check there
    only_on_shift = models.BooleanField(default=False)  # others were free too, but not on shift
    task_uid = models.UUIDField(null=True, blank=True)
    drawn_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "kind", "round"], name="city_check_draw_once")]
        indexes = [models.Index(fields=["-drawn_at", "-id"], name="city_check_draw_at")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.round}"


class SecondCheck(models.Model):
    """A closed case that somebody else looks at again, who knows nothing of the first check. One row a case: the fact of evaluation."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="second_check")
    area_path = models.CharField(max_length=200)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # None: nobody was eligible
    first_account_id = models.BigIntegerField(null=True)
    first_task_uid = models.UUIDField()
    first_outcome = models.CharField(max_length=8)  # pass | fail
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, blank=True)
    reason = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    agrees = models.BooleanField(null=True)
    verdict = models.CharField(max_length=8, blank=True)  # settled: first | second | unclear
    verdict_reason = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by_id = models.BigIntegerField(null=True)
    settled_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(done_at__isnull=True) | Q(agrees__isnull=False), name="city_second_done_agrees_or_not"),
            models.CheckConstraint(condition=Q(account__isnull=True) | ~Q(account_id=models.F("first_account_id")), name="city_second_is_another"),
        ]
        indexes = [
            models.Index(fields=["account"], name="city_second_waits", condition=Q(done_at__isnull=True)),
            models.Index(fields=["-opened_at", "-id"], name="city_second_opened"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.outcome}"
