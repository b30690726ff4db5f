"""`./dev bench [NAME [ARGS]]`: all benchmarks or one, on a durable cluster of its own that holds the small sample.

A benchmark is a module `bench/NAME.py` that runs as `python -m bench.NAME` against the environment given, and prints ratios.
The cluster has fsync on, as in real life; it is thrown away afterwards. `--sample county` measures on the large one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from psycopg import sql

from tools import build, database, services
from tools.cluster import Cluster
from tools.database import REPO_DIR, python_env
from tools.say import Stop, run_main, say, step
from tools.scratch import scratch_cluster

FOLDER = REPO_DIR / "bench"
NAME = "yiwang"


def benchmarks() -> list[str]:
    """Return the names of all benchmarks."""
    return sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_") and "__main__" in p.read_text())


def prepare(cluster: Cluster, data: str, sample: str) -> dict[str, str]:
    """Make the database with tables, shipped data and sample, and return the environment that leads to it."""
    env = {
        **python_env(), "YIWANG_PG_HOST": str(cluster.socket), "YIWANG_PG_PORT": "5432", "YIWANG_PG_NAME": NAME,
        "YIWANG_DATA_DIR": data, "DATABASE_URL": "", "YIWANG_DB_ROLE": "app", "YIWANG_DB_POOL": "", "YIWANG_DEBUG": "",
        "YIWANG_DEMO": "1", "YIWANG_LOG_LEVEL": "WARNING", "PGUSER": "postgres",
    }  # fmt: skip
    with cluster.server.connect() as admin:
        database.create_roles(admin)
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'").format(
                sql.Identifier(NAME)
            )
        )
    with cluster.server.connect(NAME) as admin:
        database.prepare_database(admin)
    with step("Tables (migrations)"):
        database.migrate(env)
    with cluster.server.connect(NAME) as admin:
        database.tune_queue(admin)
    for command in ("setup",) if sample == "none" else ("setup", "sample"):
        if services.has_command(command):
            with step("Shipped data" if command == "setup" else f"Sample data ({sample})"):
                extra = ["--size", sample] if command == "sample" else []
                build.manage([command, *extra], env, command, shown=command == "sample")
    return env


def main(arguments: list[str]) -> int:
    sample = "small"
    if "--sample" in arguments:
        place = arguments.index("--sample")
        sample = (arguments[place + 1 : place + 2] or [""])[0]
        arguments = arguments[:place] + arguments[place + 2 :]
        if sample not in ("small", "county", "none"):
            raise Stop("There is no such sample.", "./dev bench --sample small|county|none")
    known = benchmarks()
    if arguments and arguments[0] not in known:
        raise Stop(f"There is no benchmark {arguments[0]}.", f"Choose one of: {', '.join(known) or '(none yet)'}")
    chosen, rest = (arguments[:1], arguments[1:]) if arguments else (known, [])
    build.build_islands()
    build.compile_messages()
    failed = []
    with scratch_cluster(durable=True) as cluster, tempfile.TemporaryDirectory(prefix="yiwang-bench-") as data:
        env = {**os.environ, **prepare(cluster, data, sample)}
        build.collect_static(env, Path(data) / "static")
        for name in chosen:
            say(f"bench.{name}")
            if subprocess.run(
                [sys.executable, "-m", f"bench.{name}", *rest], cwd=REPO_DIR, env=env, check=False
            ).returncode:
                failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All benchmarks ran")
    return 1 if failed else 0


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
