"""What a command screen (大屏幕监督指挥) shows: of the installation, and of a person for himself."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yiwang.kernel.identity.models import Account


class ScreenSetup(models.Model):
    """Layout and cards; without an account it is the installation's, one row for each."""

    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    layout = models.CharField(max_length=10)  # of rules.screen.LAYOUTS
    cards = ArrayField(models.CharField(max_length=12))
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], name="city_screensetup_once", nulls_distinct=False)]

    def __str__(self) -> str:
        return f"{self.account_id or 'all'} {self.layout}"
