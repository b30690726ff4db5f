"""Data sets themselves: who sees them, who describes them."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import Permission

PART = Part(
    permissions=(
        Permission(code="datahub.dataset.view", label=_("See data sets of the catalogue")),
        Permission(code="datahub.dataset.edit", label=_("Describe the data sets of one's bureau")),
        Permission(code="datahub.dataset.govern", label=_("Judge and publish data sets of all bureaus")),
    ),
    roles={
        "data_clerk": ("datahub.dataset.view",),
        "data_owner": ("datahub.dataset.view", "datahub.dataset.edit"),
        "data_steward": ("datahub.dataset.view", "datahub.dataset.edit", "datahub.dataset.govern"),
    },
)
