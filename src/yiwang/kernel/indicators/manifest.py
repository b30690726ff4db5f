"""What the room of judging adds: who sees figures, who defines them, who closes a period."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, Permission

MANIFEST = AppManifest(
    code="indicators",
    label=_("Judging"),
    owner="indicators",
    setup=("yiwang.kernel.indicators.services.defining.load_shipped",),
    permissions=(
        Permission(code="indicators.view", label=_("See figures and rankings")),
        Permission(code="indicators.define", label=_("Define measures, indicators and schemes")),
        Permission(code="indicators.close", label=_("Close periods and correct what was closed")),
        Permission(code="indicators.publish", label=_("Publish closed results")),
    ),
)
