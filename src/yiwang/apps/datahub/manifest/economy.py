"""The macro-economic base: series, figures, their release."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

VIEW, ENTER, RELEASE, DEFINE = "datahub.economy.view", "datahub.economy.enter", "datahub.economy.release", "datahub.economy.define"
PART = Part(
    permissions=(
        Permission(code=VIEW, label=_("See the macro-economic base")),
        Permission(code=ENTER, label=_("Enter and correct figures of one's bureau")),
        Permission(code=RELEASE, label=_("Release sensitive figures that somebody else gave")),
        Permission(code=DEFINE, label=_("Describe series of one's bureau")),
    ),
    roles={"data_clerk": (VIEW, ENTER), "data_owner": (VIEW, ENTER, RELEASE, DEFINE), "data_steward": (VIEW, ENTER, RELEASE, DEFINE)},
    menu=(MenuEntry(label=_("Macro-economy"), url_name="datahub:economy", permission=VIEW, net="data", order=60, icon="chart-line"),),
)
