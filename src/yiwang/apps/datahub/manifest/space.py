"""Natural resources and space: the catalogue of ground layers."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

VIEW, DESCRIBE, LAYERS = "datahub.space.view", "datahub.space.describe", "geography.layer.view"
PART = Part(
    permissions=(
        Permission(code=VIEW, label=_("See the base of natural resources and space")),
        Permission(code=DESCRIBE, label=_("Keep the catalogue of ground layers")),
    ),
    roles={"data_clerk": (VIEW,), "data_owner": (VIEW,), "data_steward": (VIEW, DESCRIBE, LAYERS)},
    menu=(MenuEntry(label=_("Resources and space"), url_name="datahub:space", permission=VIEW, net="data", order=65, icon="layers-intersect"),),
    map_pages=(MenuEntry(label=_("What lies here"), url_name="datahub:space_here", permission=VIEW, net="data", icon="layers-intersect"),),
)
