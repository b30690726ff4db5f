"""`./dev bench [NAME [ARGS]]`: all benchmarks or one, on a durable cluster of its own that holds the small sample.

A benchmark is a module `bench/NAME.py` that runs as `python -m bench.NAME` against the environment given, and prints ratios.
The cluster has fsync on, as in real life; it is thrown away afterwards. `--sample county` measures on the large one.

`--keep NAME` keeps the cluster below .cache/bench (or YIWANG_BENCH_DIR) and takes it up again in the next run of that name, brought
to the present tables: a database that was grown to a million cases need not grow again. `--forget NAME` removes it.

    ./dev bench --keep big --sample none scale 1m
    ./dev bench --keep big mixed --cases 1m --minutes 20
    ./dev bench --forget big
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from tools import build, database, services
from tools.cluster import Cluster, locate
from tools.database import REPO_DIR, python_env
from tools.say import Stop, run_main, say, step
from tools.scratch import scratch_cluster

FOLDER = REPO_DIR / "bench"
NAME = "yiwang"
_KEPT_NAME = re.compile(r"[a-z0-9]{1,20}")


def benchmarks() -> list[str]:
    """Return the names of all benchmarks."""
    return sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_") and "__main__" in p.read_text())


def kept_folder(name: str) -> Path:
    """Return where a kept cluster lies.

    Raises
    ------
    Stop
        The name is none.
    """
    if not _KEPT_NAME.fullmatch(name):
        raise Stop("A kept benchmark database has a name of small letters and digits.", "./dev bench --keep big ...")
    return Path(os.environ.get("YIWANG_BENCH_DIR") or REPO_DIR / ".cache" / "bench").resolve() / name


@contextmanager
def lent(keep: str) -> Iterator[tuple[Cluster, Path]]:
    """Lend a running cluster and a data folder: thrown away afterwards, or kept under a name for the next run."""
    if not keep:
        with scratch_cluster(durable=True) as cluster, tempfile.TemporaryDirectory(prefix="yiwang-bench-") as folder:
            yield cluster, Path(folder)
        return
    data = kept_folder(keep)
    data.mkdir(parents=True, exist_ok=True)
    kept, line = locate(data, f"bench-{keep}")
    if line:
        say(line)
    kept.start()
    try:
        yield kept, data
    finally:
        kept.stop()


def forget(keep: str) -> None:
    """Stop a kept cluster and remove all of it."""
    data = kept_folder(keep)
    if data.is_dir():
        cluster, _line = locate(data, f"bench-{keep}")
        cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)
        shutil.rmtree(data)


def _is_there(cluster: Cluster) -> bool:
    with cluster.server.connect() as admin:
        return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is not None


def prepare(cluster: Cluster, data: str, sample: str) -> dict[str, str]:
    """Make the database with tables, shipped data and sample, and return the environment that leads to it."""
    env = {
        **python_env(), "YIWANG_PG_HOST": str(cluster.socket), "YIWANG_PG_PORT": "5432", "YIWANG_PG_NAME": NAME,
        "YIWANG_DATA_DIR": data, "DATABASE_URL": "", "YIWANG_DB_ROLE": "app", "YIWANG_DB_POOL": "", "YIWANG_DEBUG": "",
        "YIWANG_DEMO": "1", "YIWANG_LOG_LEVEL": "WARNING", "PGUSER": "postgres",
    }  # fmt: skip
    kept = _is_there(cluster)
    if not kept:
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
    for command in ("setup",) if kept or sample == "none" else ("setup", "sample"):
        if services.has_command(command):
            with step("Shipped data" if command == "setup" else f"Sample data ({sample})"):
                extra = ["--size", sample] if command == "sample" else []
                build.manage([command, *extra], env, command, shown=command == "sample")
    return env


def _taken(arguments: list[str], option: str) -> tuple[str | None, list[str]]:
    """Return an option's value, None without it, and the other arguments."""
    if option not in arguments:
        return None, arguments
    place = arguments.index(option)
    return (arguments[place + 1 : place + 2] or [""])[0], arguments[:place] + arguments[place + 2 :]


def main(arguments: list[str]) -> int:
    given, arguments = _taken(arguments, "--sample")
    keep, arguments = _taken(arguments, "--keep")
    old, arguments = _taken(arguments, "--forget")
    if old is not None:
        forget(old)
        if not arguments:
            return 0
    sample = "small" if given is None else given
    if sample not in ("small", "county", "none"):
        raise Stop("There is no such sample.", "./dev bench --sample small|county|none")
    if keep is not None:
        kept_folder(keep)
    known = benchmarks()
    if arguments and arguments[0] not in known:
        raise Stop(f"There is no benchmark {arguments[0]}.", f"Choose one of: {', '.join(known) or '(none yet)'}")
    chosen, rest = (arguments[:1], arguments[1:]) if arguments else (known, [])
    build.build_islands()
    build.compile_messages()
    failed = []
    with lent(keep or "") as (cluster, data):
        env = {**os.environ, **prepare(cluster, str(data), sample)}
        build.collect_static(env, data / "static")
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
