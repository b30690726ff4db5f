"""The catalogue, sharing on request, what was granted, and the register of systems."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

PART = Part(
    permissions=(
        Permission(code="datahub.share.request", label=_("Ask for the data of other bureaus")),
        Permission(code="datahub.share.decide", label=_("Decide on requests for one's bureau's data")),
        Permission(code="datahub.share.settle", label=_("Settle disputes about data and change the limits of sharing")),
        Permission(code="datahub.share.watch", label=_("See all sharing: requests, grants, calls")),
        Permission(code="datahub.system.view", label=_("See the register of systems")),
        Permission(code="datahub.system.edit", label=_("Describe the systems of one's bureau")),
        Permission(code="datahub.system.assess", label=_("Assess systems and plan mergers")),
    ),
    roles={
        "data_clerk": ("datahub.system.view",),
        "data_owner": ("datahub.share.request", "datahub.share.decide", "datahub.system.view", "datahub.system.edit"),
        "data_steward": (
            "datahub.share.settle",
            "datahub.share.watch",
            "datahub.system.view",
            "datahub.system.edit",
            "datahub.system.assess",
        ),
    },
    menu=(
        MenuEntry(label=_("Data catalogue"), url_name="datahub:catalogue", permission="datahub.dataset.view", net="data", icon="books", order=10),
        MenuEntry(label=_("Data sharing"), url_name="datahub:requests", permission="datahub.share.request", net="data", icon="share", order=20),
        MenuEntry(label=_("Data sharing"), url_name="datahub:requests", permission="datahub.share.watch", net="data", icon="share", order=20),
        MenuEntry(label=_("Register of systems"), url_name="datahub:systems", permission="datahub.system.view", net="data", icon="server", order=90),
    ),
    setup=("yiwang.apps.datahub.services.share.settings.install",),
)
