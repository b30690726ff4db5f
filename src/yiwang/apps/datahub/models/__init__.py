"""The data centre's own tables, a file for each subject."""

from yiwang.apps.datahub.models import share
from yiwang.apps.datahub.models.challenge import (
    Challenge,
    ChallengeEntry,
    ChallengeKind,
    ChallengeScore,
    ChallengeState,
)
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
from yiwang.apps.datahub.models.opening import (
    OpenFile,
    OpenRequest,
    OpenSet,
    OpenState,
    OpenUse,
    OpenVersion,
    RequestKind,
    RequestState,
    VersionState,
)
from yiwang.apps.datahub.models.quality import IssueState, QualityIssue, QualityResult, QualityRun

__all__ = [
    "BaseKind", "Challenge", "ChallengeEntry", "ChallengeKind", "ChallengeScore", "ChallengeState", "ContractVersion", "Cycle", "Dataset",
    "DatasetState", "Grade", "HandBack", "IssueState", "OpenFile", "OpenRequest", "OpenSet", "OpenState", "OpenUse", "OpenVersion",
    "Opening", "QualityIssue", "QualityResult", "QualityRun", "RefusedRow", "RequestKind", "RequestState", "Run", "RunState", "Sharing",
    "VersionState", "share",
]  # fmt: skip
