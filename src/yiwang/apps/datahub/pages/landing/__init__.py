"""Pages of deliveries and contracts in use."""

from yiwang.apps.datahub.pages.landing.backs import corrections, hand_back, hand_backs
from yiwang.apps.datahub.pages.landing.runs import contract, deliveries, delivery_set, progress, run

__all__ = ["contract", "corrections", "deliveries", "delivery_set", "hand_back", "hand_backs", "progress", "run"]
