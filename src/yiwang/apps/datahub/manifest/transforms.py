"""Transformations: data sets computed from data sets."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

PART = Part(
    permissions=(Permission(code="datahub.model.run", label=_("Run transformations")),),
    roles={"data_steward": ("datahub.model.run",)},
    menu=(MenuEntry(label=_("Transformations and lineage"), url_name="datahub:models", permission="datahub.dataset.view", net="data", icon="sitemap", order=35),),
)
