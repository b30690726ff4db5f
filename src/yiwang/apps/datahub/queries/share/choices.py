"""The named values that pages of the catalogue and of sharing offer and say."""

from yiwang.apps.datahub.models.dataset import BaseKind, Cycle, DatasetState, Grade, Opening, Sharing
from yiwang.apps.datahub.models.share import RequestState, SystemKind, SystemState, Verdict, Way

__all__ = ["BaseKind", "Cycle", "DatasetState", "Grade", "Opening", "RequestState", "Sharing", "SystemKind", "SystemState", "Verdict", "Way"]
