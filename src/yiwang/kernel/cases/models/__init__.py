"""Tables of the cases room. What an app filters, joins or counts is a typed 1:1 table of the app's own."""

from yiwang.kernel.cases.models.case import Case, CaseActor, CaseOrg, EngineState, Mode, NumberSeries, Report
from yiwang.kernel.cases.models.clock import Clock, ClockChange, Timer
from yiwang.kernel.cases.models.matter import ManualRow, ManualVersion, Matter, MatterVersion
from yiwang.kernel.cases.models.party import CaseParty, Party
from yiwang.kernel.cases.models.task import Task
from yiwang.kernel.cases.models.view import Rating, SavedView

__all__ = [
    "Case", "CaseActor", "CaseOrg", "CaseParty", "Clock", "ClockChange", "EngineState", "ManualRow", "ManualVersion",
    "Matter", "MatterVersion", "Mode", "NumberSeries", "Party", "Rating", "Report", "SavedView", "Task", "Timer",
]
