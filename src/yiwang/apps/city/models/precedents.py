"""Precedents of who answers for what (职责判例库), and the rows of the decision table that they propose."""

from django.contrib.gis.db import models
from django.db.models import Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, MatterVersion
from yiwang.kernel.identity.models import Organization


class Precedent(models.Model):
    """One settled question of duty. `org` is who answers; None while an agreed return waits for its next dispatch."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=10)  # return | ownership
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="precedents")
    class_kind = models.CharField(max_length=12)
    class_code = models.CharField(max_length=5)
    class_name = models.JSONField(default=dict)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200)
    district = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    street = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    component_code = models.CharField(max_length=20, blank=True)
    owner = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # of the component, then
    denied_by = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # who said it was not his
    outcome = models.CharField(max_length=10)  # upheld (his after all) | given (another's)
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by_arbitration = models.BooleanField(default=False)
    reason = models.TextField()
    basis = models.CharField(max_length=500, blank=True)  # law, document, paper of hand-over
    decided_at = models.DateTimeField()
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True)
    overruled_at = models.DateTimeField(null=True, blank=True)
    overruled_by_name = models.CharField(max_length=80, blank=True)
    overruled_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["class_kind", "class_code", "-decided_at"], name="city_precedent_class"),
            models.Index(fields=["-decided_at", "-id"], name="city_precedent_decided"),
            models.Index(fields=["case"], name="city_precedent_waits", condition=Q(org__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.class_code} {self.org_id}"


class RuleProposal(models.Model):
    """A row of the decision table that precedents which agree propose (判例成规), for approval by who may change the matter."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    class_kind = models.CharField(max_length=12)
    class_code = models.CharField(max_length=5)
    class_name = models.JSONField(default=dict)
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # district or street; None: everywhere
    owner = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    precedents = models.ManyToManyField(Precedent, related_name="proposals")
    state = models.CharField(max_length=10, default="proposed")  # proposed | approved | refused
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    version = models.ForeignKey(MatterVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["class_kind", "class_code", "area", "owner", "org"], name="city_rule_proposed_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.class_code} {self.org_id} {self.state}"
