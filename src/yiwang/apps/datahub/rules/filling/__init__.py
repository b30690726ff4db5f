"""Rules of reporting by form: cells against the contract, pasted tables, periods and reminders."""

from yiwang.apps.datahub.rules.filling.cells import Fault, check
from yiwang.apps.datahub.rules.filling.pasting import pasted
from yiwang.apps.datahub.rules.filling.periods import next_period, stages

__all__ = ["Fault", "check", "next_period", "pasted", "stages"]
