"""What the room of judging adds: who sees figures, who defines them, who closes a period."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission

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
    menu=(
        MenuEntry(label=_("Rankings"), url_name="indicators:ranking", permission="indicators.view", net="governance", group="judging", icon="podium", order=52),
        MenuEntry(label=_("Closed results"), url_name="indicators:results", permission="indicators.view", net="governance", group="judging", icon="lock", order=53),
        MenuEntry(label=_("Bulletins"), url_name="indicators:bulletins", permission="indicators.view", net="governance", group="judging", icon="news", order=54),
        MenuEntry(label=_("Definitions"), url_name="indicators:definitions", permission="indicators.define", net="governance", group="judging", icon="math-function", order=55),
    ),
)
