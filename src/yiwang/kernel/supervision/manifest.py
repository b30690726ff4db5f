"""What the room supervision declares. Which roles hold these permissions, the apps say that have the roles."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, Permission

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
)  # fmt: skip
