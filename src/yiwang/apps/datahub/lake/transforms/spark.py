"""The same transformations on Spark: SQL carried over by sqlglot, files read and written as Parquet.

PySpark is no part of the platform's environment (it brings 400 MB and wants Java): `pip install -r requirements/spark.txt`,
and a Java 17. `YIWANG_LAKE_SPARK` names the master, `local[2]` when it is not set. On a cluster the lake's folder has to be
one that all of its machines see.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from yiwang.apps.datahub.errors import EngineAbsent, TransformFailed
from yiwang.apps.datahub.lake.transforms.base import Input, Made, Step
from yiwang.apps.datahub.rules.contract import Column
from yiwang.apps.datahub.rules.landing.sql import sql_type
from yiwang.apps.datahub.rules.transforms import table_of

_TYPES = {"VARCHAR": "STRING", "BIGINT": "BIGINT", "DOUBLE": "DOUBLE", "DATE": "DATE", "TIMESTAMP": "TIMESTAMP_NTZ", "BOOLEAN": "BOOLEAN"}


def absent() -> str:
    """Return what is missing for Spark to run here, empty when nothing is."""
    if find_spec("pyspark") is None:
        return "pyspark"
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        return "Java 17"
    return ""


@contextmanager
def session(folder: Path) -> Iterator[Any]:
    """Yield a Spark session of our own, without a page and without network where it is local.

    Raises
    ------
    EngineAbsent
    """
    if missing := absent():
        raise EngineAbsent(what=missing)
    sql: Any = import_module("pyspark.sql")
    made = (
        sql.SparkSession.builder.master(os.environ.get("YIWANG_LAKE_SPARK", "local[2]")).appName("yiwang")
        .config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2").config("spark.sql.session.timeZone", "UTC").config("spark.driver.memory", "1g")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse")).config("spark.sql.parquet.inferTimestampNTZ.enabled", "true")
        .config("spark.local.dir", str(folder / "spark-local")).config("spark.log.level", "ERROR").getOrCreate()
    )  # fmt: skip
    try:
        yield made
    finally:
        made.stop()


def carried_over(sql: str) -> str:
    """Return a SELECT of DuckDB's dialect in Spark's.

    >>> carried_over("SELECT strftime(d, '%Y-%m') AS m FROM t")
    "SELECT DATE_FORMAT(d, 'yyyy-MM') AS m FROM t"
    """
    tree = sqlglot.parse_one(sql, read="duckdb")
    for window in tree.find_all(exp.Window):
        if isinstance(window.this, exp.Lag | exp.Lead):
            window.set("spec", None)  # they look at one row whatever the frame; Spark refuses a frame with them
    return tree.sql(dialect="spark")


def run(inputs: Mapping[str, Input], steps: Sequence[Step], folder: Path) -> list[Made]:
    """See `choosing.run`."""
    made: list[Made] = []
    with session(folder) as spark:
        for one in inputs.values():
            _read(spark, one).createOrReplaceTempView(table_of(one.contract.dataset))
        for step in steps:
            began, parts = time.monotonic(), folder / f"{step.code}.parts"
            try:
                spark.sql(carried_over(step.sql)).coalesce(1).write.mode("overwrite").parquet(str(parts))
                spark.read.parquet(str(parts)).createOrReplaceTempView(table_of(step.code))
            except Exception as error:
                if type(error).__module__.startswith(("pyspark", "py4j")):
                    raise TransformFailed(model=step.code, reason=" ".join(str(error).split())[:300]) from error
                raise
            file = _one(parts, folder / f"{step.code}.parquet")
            made.append(Made(code=step.code, file=file, rows=pq.read_metadata(file).num_rows, seconds=round(time.monotonic() - began, 3)))
    return made


def _one(parts: Path, target: Path) -> Path:
    """Return the one file that a step wrote, under the name that DuckDB's would have; later steps go on reading the parts."""
    (written,) = parts.glob("part-*.parquet")
    shutil.copyfile(written, target)
    return target


def _type(column: Column) -> str:
    wanted = sql_type(column)
    return _TYPES.get(wanted, wanted)


def _read(spark: Any, one: Input) -> Any:
    columns = one.contract.columns
    if not one.files:
        return spark.createDataFrame([], ", ".join(f"`{c.name}` {_type(c)}" for c in columns))
    frame = spark.read.option("mergeSchema", "true").parquet(*[str(p) for p in one.files])
    there = set(frame.columns)
    return frame.selectExpr(*[f"CAST({f'`{c.name}`' if c.name in there else 'NULL'} AS {_type(c)}) AS `{c.name}`" for c in columns])
