"""Rule books, cards, orders with their parts and replies, and what has to be done at a moment."""

from yiwang.kernel.supervision.models.book import RuleBook
from yiwang.kernel.supervision.models.card import Card, CardState
from yiwang.kernel.supervision.models.due import Due
from yiwang.kernel.supervision.models.order import Order, OrderReply, OrderState, OrderTarget, TargetState, Verdict

__all__ = ["Card", "CardState", "Due", "Order", "OrderReply", "OrderState", "OrderTarget", "RuleBook", "TargetState", "Verdict"]
