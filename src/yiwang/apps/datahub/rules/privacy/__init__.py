"""Privacy of rows before they are opened: who is named, who stands alone, what makes the rows coarser (GB/T 37964 去标识化)."""

from yiwang.apps.datahub.rules.privacy.check import Fault, Limits, faults, inspect, suggest
from yiwang.apps.datahub.rules.privacy.measures import Measured, measure, small_cells
from yiwang.apps.datahub.rules.privacy.steps import STEPS, BadStep, select, step_sql

__all__ = ["STEPS", "BadStep", "Fault", "Limits", "Measured", "faults", "inspect", "measure", "select", "small_cells", "step_sql", "suggest"]
