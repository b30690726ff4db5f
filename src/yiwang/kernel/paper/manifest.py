"""What the room paper declares: working when power or line is cut (断电断网照办), and plates (二维码标牌)."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission

MANIFEST = AppManifest(
    code="paper",
    label=_("Paper and plates"),
    permissions=(
        Permission(code="paper.print", label=_("Print forms for work without power or network")),
        Permission(code="paper.enter", label=_("Enter what was done on paper")),
        Permission(code="paper.plates", label=_("Print plates for assets and places")),
        Permission(code="paper.scan", label=_("Scan a plate"), public=True),
    ),
    menu=(
        MenuEntry(label=_("Paper forms"), url_name="paper:forms", permission="paper.enter", net="governance", group="work", icon="printer", order=70),
        MenuEntry(label=_("Plates"), url_name="paper:plates", permission="paper.plates", net="governance", group="ground", icon="qrcode", order=75),
    ),
)
