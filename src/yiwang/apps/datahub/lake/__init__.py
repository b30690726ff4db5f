"""The lake (数据湖): files of rows as Parquet, and DuckDB over them. Knows folders and contracts, no tables of the database."""

from yiwang.apps.datahub.lake.engine import connect, quoted
from yiwang.apps.datahub.lake.folders import folder_of, root

__all__ = ["connect", "folder_of", "quoted", "root"]
