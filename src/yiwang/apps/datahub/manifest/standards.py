"""Data standards: who sees the dictionary, who changes it."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

_SEE = "datahub.standard.view"

PART = Part(
    permissions=(
        Permission(code=_SEE, label=_("See data elements and code lists")),
        Permission(code="datahub.standard.edit", label=_("Change data elements and code lists")),
    ),
    roles={"data_clerk": (_SEE,), "data_owner": (_SEE,), "data_steward": (_SEE, "datahub.standard.edit")},
    menu=(MenuEntry(label=_("Data standards"), url_name="datahub:elements", permission=_SEE, net="data", icon="book", order=50),),
    setup=("yiwang.apps.datahub.services.standards.load",),
)
