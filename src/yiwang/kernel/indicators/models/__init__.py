"""Tables of judging: facts, definitions, results."""

from yiwang.kernel.indicators.models.bulletins import Bulletin, BulletinPlan
from yiwang.kernel.indicators.models.definitions import Definition
from yiwang.kernel.indicators.models.facts import CaseFact, ReportFact, StageFact
from yiwang.kernel.indicators.models.results import Result, ResultMember, ResultRow

__all__ = ["Bulletin", "BulletinPlan", "CaseFact", "Definition", "ReportFact", "Result", "ResultMember", "ResultRow", "StageFact"]
