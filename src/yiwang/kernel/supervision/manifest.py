"""What the room supervision declares. Which roles hold these permissions, the apps say that have the roles."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission

MANIFEST = AppManifest(
    code="supervision",
    label=_("Supervision"),
    setup=("yiwang.kernel.supervision.services.install_shipped",),
    permissions=(
        Permission(code="supervision.rule.edit", label=_("Edit warning rules")),
        Permission(code="supervision.card.view", label=_("See cards")),
        Permission(code="supervision.card.own", label=_("See and explain one's own cards")),
        Permission(code="supervision.card.give", label=_("Give cards and withdraw them")),
        Permission(code="supervision.order.view", label=_("See supervision orders")),
        Permission(code="supervision.order.give", label=_("Give supervision orders, urge and withdraw them")),
        Permission(code="supervision.order.check", label=_("Judge replies to supervision orders")),
        Permission(code="supervision.order.answer", label=_("Answer orders and cards for one's body")),
        Permission(code="supervision.note.give", label=_("Write a leader's note on a case")),
        Permission(code="supervision.wall.view", label=_("See who owes what")),
        Permission(code="supervision.lead", label=_("Be told as leader when one's body is late")),
        Permission(code="supervision.oversee", label=_("Be told for the supervising body")),
    ),
    menu=(
        MenuEntry(label=_("Who owes what"), url_name="supervision:wall", permission="supervision.wall.view", net="governance", group="pressing", icon="hourglass", order=66),
        MenuEntry(label=pgettext_lazy("menu", "Supervision orders"), url_name="supervision:orders", permission="supervision.order.view", net="governance", group="pressing", icon="flag", order=67),
        MenuEntry(label=pgettext_lazy("menu", "Cards"), url_name="supervision:cards", permission="supervision.card.view", net="governance", group="pressing", icon="alert-triangle", order=68),
        MenuEntry(label=_("My cards"), url_name="supervision:cards", permission="supervision.card.own", net="desk", icon="alert-triangle", order=30),
        MenuEntry(label=_("Warning rules"), url_name="supervision:rules", permission="supervision.rule.edit", net="governance", group="pressing", icon="settings", order=69),
    ),
)  # fmt: skip
