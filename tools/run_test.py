"""`./dev test [ARGS]`: every check, then every test, in a cluster of its own; pytest's own line comes last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tools import build
from tools.database import REPO_DIR, python_env
from tools.run_lint import run_checks
from tools.say import run_main, say
from tools.scratch import scratch_cluster

WORKERS = "2"  # who has nothing left takes from the other's end; the slow ones stand first (conftest.py)


def main(arguments: list[str]) -> int:
    if "--spark" in arguments:
        from tools.run_spark import main as compare

        return compare([a for a in arguments if a != "--spark"])
    everything = not arguments or "--all" in arguments
    arguments = [a for a in arguments if a != "--all"]
    signal.signal(signal.SIGTERM, _interrupt)
    build.build_islands()
    build.compile_messages()
    failed: list[str] = []
    say("A database server of its own (fast, not durable)")
    with scratch_cluster() as cluster, tempfile.TemporaryDirectory(prefix="yiwang-test-") as data:
        env = {
            **os.environ, **python_env(), "YIWANG_PG_HOST": str(cluster.socket), "YIWANG_PG_PORT": "5432",
            "YIWANG_PG_NAME": "postgres", "PGUSER": "postgres", "YIWANG_DATA_DIR": data, "DATABASE_URL": "",
            "YIWANG_DB_ROLE": "app", "YIWANG_DB_POOL": "", "YIWANG_DEBUG": "", "YIWANG_DEMO": "",
            "YIWANG_REQUIRE_BROWSER": "1", "DJANGO_SETTINGS_MODULE": "yiwang.site.settings",
        }  # fmt: skip
        env.pop("YIWANG_PRODUCTION", None)
        if everything:
            with _beside([sys.executable, "-m", "tools.testdb"], env):  # the database that all others are cloned from
                failed = run_checks()
        if failed:
            say(f"Checks that failed (their lines stand above): {', '.join(failed)}")
        say("pytest")
        sys.stdout.flush()
        workers = [] if _names_workers(arguments) else ["-n", WORKERS, "--dist", "worksteal"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *workers, *arguments], cwd=REPO_DIR, env=env, check=False
        )
    return done.returncode or (1 if failed else 0)


@contextmanager
def _beside(command: list[str], env: dict[str, str]) -> Iterator[None]:
    """Run a command meanwhile and wait for it; when it fails, the first test that needs what it makes says why."""
    running = subprocess.Popen(command, cwd=REPO_DIR, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    except BaseException:
        running.terminate()
        raise
    finally:
        running.wait()


def _names_workers(arguments: list[str]) -> bool:
    return any(a.startswith(("-n", "--numprocesses", "--pdb", "-s")) for a in arguments)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
