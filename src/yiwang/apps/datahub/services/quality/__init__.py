"""Quality (数据质量): running the rules, and what becomes of what they find."""

from yiwang.apps.datahub.services.quality.checking import check_dataset
from yiwang.apps.datahub.services.quality.issues import answer, dispute

__all__ = ["answer", "check_dataset", "dispute"]
