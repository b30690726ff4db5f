"""Transformations (加工): models read from files, their order, their columns' origin."""

from yiwang.apps.datahub.rules.transforms.lineage import Edge, edges_of
from yiwang.apps.datahub.rules.transforms.models import Model, ModelError, order, read, table_of, waiting

__all__ = ["Edge", "Model", "ModelError", "edges_of", "order", "read", "table_of", "waiting"]
