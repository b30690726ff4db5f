"""Natural resources and space (自然资源和空间地理库): a catalogue of layers. Shapes stay where they are, in the map's layers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.models.dataset import Grade
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.models import Layer


class GroundTheme(models.TextChoices):
    BASE = "base", _("Base geography and borders")
    RESOURCES = "resources", _("Natural resources")
    PLANS = "plans", _("Plans and function zones")
    HAZARDS = "hazards", _("Hazards and emergencies")
    ECOLOGY = "ecology", _("Ecology and environment")
    BUILDINGS = "buildings", _("Buildings and infrastructure")


class GroundLayer(models.Model):
    """What the base says of one layer of the map: theme, standard, day of the survey. Its owner and its shapes are the layer's own."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    layer = models.OneToOneField(Layer, on_delete=models.PROTECT, related_name="+")
    theme = models.CharField(max_length=10, choices=GroundTheme.choices)
    reference_on = models.DateField(null=True, blank=True)  # the day that the rows describe
    standard = models.CharField(max_length=200, blank=True)  # GB/T 21010-2017 土地利用现状分类
    grade = models.PositiveSmallIntegerField(choices=Grade.choices, default=Grade.INTERNAL)
    note = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    is_sample = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.theme} {self.layer_id}"
