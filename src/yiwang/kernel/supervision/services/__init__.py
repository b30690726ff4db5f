"""Every write of supervision. What another room or app calls: `order`, `note`, `give_card`, `reply`, `judge`, `urge`.

Each takes the actor first and a `key`: sent twice with the same key, it is done once and the first answer is given again.
"""

from yiwang.kernel.supervision.services.cards import answer_card, give_card, withdraw_card
from yiwang.kernel.supervision.services.digests import send_digests
from yiwang.kernel.supervision.services.hearing import hear
from yiwang.kernel.supervision.services.orders import note, order, urge, withdraw_order
from yiwang.kernel.supervision.services.replies import judge, reply
from yiwang.kernel.supervision.services.rulebook import install_rules, install_shipped, remove_rule, save_rule
from yiwang.kernel.supervision.services.waking import wake

__all__ = [
    "answer_card", "give_card", "hear", "install_rules", "install_shipped", "judge", "note", "order", "remove_rule", "reply", "save_rule", "send_digests",
    "urge", "wake", "withdraw_card", "withdraw_order",
]
