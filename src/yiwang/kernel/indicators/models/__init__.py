"""Tables of judging: facts, definitions, results."""

from yiwang.kernel.indicators.models.definitions import Definition
from yiwang.kernel.indicators.models.facts import CaseFact, ReportFact, StageFact
from yiwang.kernel.indicators.models.results import Result, ResultMember, ResultRow

__all__ = ["CaseFact", "Definition", "ReportFact", "Result", "ResultMember", "ResultRow", "StageFact"]
