"""States and kinds of open data with their words, for the doors: these read no tables themselves."""

from yiwang.apps.datahub.models import (
    ChallengeKind,
    ChallengeState,
    Cycle,
    OpenFile,
    OpenSet,
    OpenState,
    OpenVersion,
    RequestKind,
    RequestState,
    VersionState,
)

__all__ = [
    "ChallengeKind", "ChallengeState", "Cycle", "OpenFile", "OpenSet", "OpenState", "OpenVersion", "RequestKind", "RequestState", "VersionState",
]  # fmt: skip
