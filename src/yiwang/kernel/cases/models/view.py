"""What a reporter thought of the result, and views that people keep."""

from django.db import models
from django.db.models import Q

from yiwang.kernel.cases.models.case import Case, Report
from yiwang.kernel.identity.models import Account


class Rating(models.Model):
    """1-5 by the person who reported; one for each report."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="ratings")
    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="rating")
    score = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=500, blank=True)
    rated_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="yw_cases_rating_1_5")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.score}"


class SavedView(models.Model):
    """A list's filters under a name."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "page", "name"], name="yw_cases_saved_view_once")]

    def __str__(self) -> str:
        return self.name
