"""Which engine runs: the setting's, unless a caller names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings

from yiwang.apps.datahub.lake.transforms import duck, spark
from yiwang.apps.datahub.lake.transforms.base import Input, Made, Step

ENGINES = {"duckdb": duck.run, "spark": spark.run}


def run(inputs: Mapping[str, Input], steps: Sequence[Step], folder: Path, *, engine: str = "") -> list[Made]:
    """Run the steps in their order; each writes `<folder>/<code>.parquet` and can be read by those after it.

    Raises
    ------
    EngineAbsent
        Spark is asked for and is not installed here.
    TransformFailed
        A step cannot be computed; says which.
    LakeFull, LakeBusy
    """
    return ENGINES[engine or str(settings.LAKE["engine"])](inputs, steps, folder)
