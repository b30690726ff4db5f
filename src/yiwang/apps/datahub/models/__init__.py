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

__all__ = ["BaseKind", "ContractVersion", "Cycle", "Dataset", "DatasetState", "Grade", "Opening", "Sharing"]
