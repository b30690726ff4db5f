"""Reading what bureaus send: CSV, workbooks, JSON and Parquet as one stream of texts with row numbers."""

from yiwang.apps.datahub.lake.reading.opened import BadRow, Opened
from yiwang.apps.datahub.lake.reading.opening import FORMS, open_batches, open_file

__all__ = ["FORMS", "BadRow", "Opened", "open_batches", "open_file"]
