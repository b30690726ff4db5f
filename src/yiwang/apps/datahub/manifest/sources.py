"""Where rows come from: sources, their runs and alarms."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

PART = Part(
    permissions=(
        Permission(code="datahub.source.view", label=_("See sources and their runs")),
        Permission(code="datahub.source.run", label=_("Run and pause sources, judge their alarms")),
        Permission(code="datahub.source.edit", label=_("Set up sources and their secrets")),
    ),
    roles={
        "data_owner": ("datahub.source.view", "datahub.source.run", "datahub.source.edit"),
        "data_steward": ("datahub.source.view", "datahub.source.run", "datahub.source.edit"),
    },
    menu=(
        MenuEntry(label=_("Collection tasks"), url_name="datahub:sources", permission="datahub.source.view", net="data", icon="plug", order=30),
    ),
)  # fmt: skip
