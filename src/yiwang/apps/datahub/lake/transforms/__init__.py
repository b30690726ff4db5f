"""Engines that run transformations: DuckDB, or Spark by one setting (settings.LAKE["engine"])."""

from yiwang.apps.datahub.lake.transforms.base import Input, Made, Step
from yiwang.apps.datahub.lake.transforms.choosing import run
from yiwang.apps.datahub.lake.transforms.comparing import differences

__all__ = ["Input", "Made", "Step", "differences", "run"]
