"""`./dev test --spark`: the shipped transformations on DuckDB and on Spark (local mode), compared; the result goes into docs."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools.database import REPO_DIR, python_env
from tools.say import Stop, say

TEST = "src/yiwang/apps/datahub/tests/test_transforms.py"
PAGE = REPO_DIR / "docs" / "reference" / "spark-comparison.md"


def main(arguments: list[str]) -> int:
    missing = [name for name, found in (("PySpark", find_spec("pyspark")), ("Java 17", os.environ.get("JAVA_HOME") or shutil.which("java"))) if not found]
    if missing:
        raise Stop(f"Spark is not here: {' and '.join(missing)} missing. Nothing was compared; DuckDB, the default, needs neither.",
                   "apt-get install default-jre-headless; pip install -r requirements/spark.txt")  # fmt: skip
    say("The same transformations on DuckDB and on Spark")
    with tempfile.TemporaryDirectory(prefix="yiwang-spark-") as folder:
        result = Path(folder) / "result.json"
        env = {**os.environ, **python_env(), "YIWANG_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "yiwang.site.settings", "YIWANG_SPARK": "1", "YIWANG_SPARK_RESULT": str(result)}
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST, *arguments], cwd=REPO_DIR, env=env, check=False)
        if result.is_file():
            write(json.loads(result.read_text(encoding="utf-8")))
            say(f"Written: {PAGE.relative_to(REPO_DIR)}")
    return done.returncode


def write(found: dict[str, Any]) -> None:
    """Write the page of the last result."""
    import duckdb
    import pyspark

    same = all(row["only"] == [0, 0] and row["rows"] == row["spark_rows"] for row in found["models"])
    inputs = ", ".join(f"{code} {count:,}" for code, count in found["inputs"].items())
    lines = [
        "# The same transformations on DuckDB and on Spark", "",
        "The last result of `./dev test --spark`, written by that command. It runs every shipped model on both engines over the same Parquet",
        "files (two files a data set, the second with a column more, empty cells among them) and compares the results row by row as they would",
        "land: cast to the contract's types, doubled rows counted.", "",
        f"- Last run: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; DuckDB {duckdb.__version__}, Spark {pyspark.__version__} (local mode), Python {platform.python_version()}",
        f"- Rows read: {inputs}", f"- Result: **{'the same' if same else 'NOT the same'}**", "",
        "| model | rows, DuckDB | rows, Spark | only DuckDB | only Spark | DuckDB s | Spark s |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(f"| {r['model']} | {r['rows']:,} | {r['spark_rows']:,} | {r['only'][0]} | {r['only'][1]} | {r['duckdb_s']} | {r['spark_s']} |" for r in found["models"]), "",
        f"Whole runs: DuckDB {found['took']['duckdb']} s, Spark {found['took']['spark']} s with the start of its session. The seconds are those of a",
        "machine that did other work besides; they compare the engines' results, not their speed.", "",
    ]  # fmt: skip
    PAGE.write_text("\n".join(lines), encoding="utf-8")
