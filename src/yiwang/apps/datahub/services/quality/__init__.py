"""Quality (数据质量): running the rules, and what becomes of what they find."""

from yiwang.apps.datahub.services.quality.checking import check_dataset, readers_of
from yiwang.apps.datahub.services.quality.issues import answer, dispute, order

__all__ = ["answer", "check_dataset", "dispute", "order", "readers_of"]
