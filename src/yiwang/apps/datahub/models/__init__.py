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
from yiwang.apps.datahub.models.economy import (
    EconomicFigure,
    EconomicIndicator,
    EconomicSeries,
    EconomicTheme,
    FigureKind,
    FigureState,
    FigureStatus,
    IndexBase,
    PeriodKind,
    PriceBasis,
)
from yiwang.apps.datahub.models.forms import FormCycle, FormSheet, FormTask, SheetState
from yiwang.apps.datahub.models.landing import HandBack, RefusedRow, Run, RunState
from yiwang.apps.datahub.models.licences import Licence
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
from yiwang.apps.datahub.models.rights import (
    Citizen,
    Consent,
    ConsentText,
    PublicPerson,
    ReaderFact,
    RightsKind,
    RightsRequest,
    RightsState,
    RightsStep,
)
from yiwang.apps.datahub.models.sources import (
    AlarmKind,
    AlarmState,
    Pull,
    PullState,
    Source,
    SourceAlarm,
    SourceKind,
    SourceState,
    TakenFile,
)
from yiwang.apps.datahub.models.space import GroundLayer, GroundTheme
from yiwang.apps.datahub.models.standards import (
    CodeList,
    CodeMapping,
    DataElement,
    GradeState,
    GradeSuggestion,
    StandardState,
)
from yiwang.apps.datahub.models.subjects import (
    BaseSource,
    By,
    CandidatePair,
    Change,
    FieldLock,
    FieldValue,
    Handed,
    IdMap,
    Merge,
    PairState,
    RuleBook,
    SourceRecord,
    Subject,
    SubjectKind,
    SubjectState,
    Subscription,
)
from yiwang.apps.datahub.models.transforms import TransformRun, TransformState

__all__ = [
    "AlarmKind", "AlarmState", "BaseKind", "BaseSource", "By", "CandidatePair", "Challenge", "ChallengeEntry", "ChallengeKind",
    "ChallengeScore", "ChallengeState", "Change", "Citizen", "CodeList", "CodeMapping", "Consent", "ConsentText", "ContractVersion",
    "Cycle", "DataElement", "Dataset", "DatasetState", "EconomicFigure", "EconomicIndicator", "EconomicSeries", "EconomicTheme",
    "FieldLock", "FieldValue", "FigureKind", "FigureState", "FigureStatus", "FormCycle", "FormSheet", "FormTask", "Grade", "GradeState",
    "GradeSuggestion", "GroundLayer", "GroundTheme", "HandBack", "Handed", "IdMap", "IndexBase", "IssueState", "Licence", "Merge",
    "OpenFile", "OpenRequest", "OpenSet", "OpenState", "OpenUse", "OpenVersion", "Opening", "PairState", "PeriodKind", "PriceBasis",
    "PublicPerson", "Pull", "PullState", "QualityIssue", "QualityResult", "QualityRun", "ReaderFact", "RefusedRow", "RequestKind",
    "RequestState", "RightsKind", "RightsRequest", "RightsState", "RightsStep", "RuleBook", "Run", "RunState", "Sharing", "SheetState",
    "Source", "SourceAlarm", "SourceKind", "SourceRecord", "SourceState", "StandardState", "Subject", "SubjectKind", "SubjectState",
    "Subscription", "TakenFile", "TransformRun", "TransformState", "VersionState", "share",
]  # fmt: skip
