"""What the data centre refuses, a file for each subject."""

from yiwang.apps.datahub.errors.figures import FigureDoubtful, FigureNotNow, GroundTooLarge
from yiwang.apps.datahub.errors.landing import ContractRefused, FileRefused, LakeBusy, LakeFull, NoContract, RunNotNow
from yiwang.apps.datahub.errors.opening import (
    AlreadyDecided,
    NameTaken,
    NoRows,
    NotSafe,
    NotToOpen,
    NotYet,
    Retracted,
    SamePreparer,
    TooFewJudges,
)
from yiwang.apps.datahub.errors.people import AlreadySettled, NoPurpose, NotMergeable, SecondPersonNeeded
from yiwang.apps.datahub.errors.rights import (
    AlreadySomebody,
    AskedAlready,
    CodeListRefused,
    ConsentMissing,
    GradeDecided,
    NotConfirmed,
    NotOpen,
    TooManyOpen,
)
from yiwang.apps.datahub.errors.sharing import (
    GrantClosed,
    NotGranted,
    NotNow,
    NotShared,
    RateExceeded,
    SamePerson,
    WrongKey,
)
from yiwang.apps.datahub.errors.sources import (
    EngineAbsent,
    SheetChanged,
    SheetNotNow,
    SheetRefused,
    SourceBusy,
    SourceChanged,
    SourceCountsDiffer,
    SourceDiskFull,
    SourceDriverAbsent,
    SourceSettingsWrong,
    SourceUnreachable,
    TransformFailed,
)

__all__ = [
    "AlreadyDecided", "AlreadySettled", "AlreadySomebody", "AskedAlready", "CodeListRefused", "ConsentMissing", "ContractRefused",
    "EngineAbsent", "FigureDoubtful", "FigureNotNow", "FileRefused", "GradeDecided", "GrantClosed", "GroundTooLarge", "LakeBusy",
    "LakeFull", "NameTaken", "NoContract", "NoPurpose", "NoRows", "NotConfirmed", "NotGranted", "NotMergeable", "NotNow", "NotOpen",
    "NotSafe", "NotShared", "NotToOpen", "NotYet", "RateExceeded", "Retracted", "RunNotNow", "SamePerson", "SamePreparer",
    "SecondPersonNeeded", "SheetChanged", "SheetNotNow", "SheetRefused", "SourceBusy", "SourceChanged", "SourceCountsDiffer",
    "SourceDiskFull", "SourceDriverAbsent", "SourceSettingsWrong", "SourceUnreachable", "TooFewJudges", "TooManyOpen", "TransformFailed",
    "WrongKey",
]  # fmt: skip
