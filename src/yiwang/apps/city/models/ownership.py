"""Lists of components whose owner is asked for (确权)."""

from django.contrib.gis.db import models

from yiwang.kernel.cases.models import Case
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.identity.models import Organization


class OwnershipList(models.Model):
    """The typed side of a `city.ownership` case (确权清单): who is asked, and until when."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="ownership")
    body = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    settled_owner = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.case_id} {self.body_id}"


class OwnershipItem(models.Model):
    """One component of such a list, and what became of it; states are those of rules.ownership.Item."""

    list = models.ForeignKey(OwnershipList, on_delete=models.CASCADE, related_name="items")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="asked")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "asset"], name="city_ownership_item_once")]

    def __str__(self) -> str:
        return f"{self.list_id} {self.asset_id} {self.state}"
