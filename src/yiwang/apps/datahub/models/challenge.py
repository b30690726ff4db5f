"""Contests and paid challenges (数据大赛、有偿征集) on open data: posted, applied for, handed in, judged, awarded."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization


class ChallengeKind(models.TextChoices):
    CONTEST = "contest", _("Contest")
    PAID = "paid", _("Paid challenge")


class ChallengeState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("challenge", "Draft")
    OPEN = "open", _("Open for entries")
    JUDGING = "judging", _("Being judged")
    AWARDED = "awarded", _("Awarded")
    CANCELLED = "cancelled", pgettext_lazy("challenge", "Cancelled")


class Challenge(models.Model):
    """What is sought. `criteria` is [{"name", "most"}]: what a judge gives points for."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=ChallengeKind.choices)
    title = models.JSONField()
    brief = models.CharField(max_length=4000)
    reward = models.CharField(max_length=200, blank=True)
    criteria = models.JSONField(default=list)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    area_path = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ChallengeState.choices, default=ChallengeState.DRAFT)
    closes_at = models.DateTimeField()
    judges = models.ManyToManyField(Account, related_name="+")
    posted_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    statement = models.CharField(max_length=1000, blank=True)  # why this entry, read by everybody

    def __str__(self) -> str:
        return self.slug


class ChallengeEntry(models.Model):
    """One team's entry. Its code is the only key to it; nobody's name or number is kept."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="entries")
    code = models.CharField(max_length=16, unique=True)
    team = models.CharField(max_length=80)
    plan = models.CharField(max_length=2000)  # the application
    solution = models.CharField(max_length=4000, blank=True)
    link = models.URLField(max_length=300, blank=True)
    applied_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    is_winner = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["challenge", "team"], name="datahub_challenge_team_once")]

    def __str__(self) -> str:
        return self.team


class ChallengeScore(models.Model):
    """What one judge gave one entry."""

    entry = models.ForeignKey(ChallengeEntry, on_delete=models.CASCADE, related_name="scores")
    judge = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    points = models.JSONField()  # one number for each criterion, in their order
    total = models.FloatField()  # 0 to 100
    comment = models.CharField(max_length=1000, blank=True)
    given_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "judge"], name="datahub_challenge_score_once")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.total}"
