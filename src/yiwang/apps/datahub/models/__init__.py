"""The data centre's own tables, a file for each subject."""

from yiwang.apps.datahub.models.dataset import (
    BaseKind,
    ContractVersion,
    Cycle,
    Dataset,
    DatasetState,
    Grade,
    Opening,
    Sharing,
)
from yiwang.apps.datahub.models.landing import HandBack, RefusedRow, Run, RunState
from yiwang.apps.datahub.models.quality import IssueState, QualityIssue, QualityResult, QualityRun

__all__ = ["BaseKind", "ContractVersion", "Cycle", "Dataset", "DatasetState", "Grade", "HandBack", "IssueState", "Opening", "QualityIssue", "QualityResult", "QualityRun", "RefusedRow", "Run", "RunState", "Sharing"]
