"""A whole platform of its own to be struck: durable cluster, files, the real processes under the real supervisor."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.chaos.plan import Strike
from tools import cluster as clusters
from tools import database, services
from tools.cluster import Cluster
from tools.database import REPO_DIR, Server
from tools.place import Place, alive, started_at

NAME = "yiwang"
PREFIX = "yiwang-chaos-"
MAX_CONNECTIONS = 40
FILES_MB, TABLES_MB = 96, 64
STARVED_TABLE = "yw_base_idempotentrequest"  # every act with a key needs a row of it
RATES = "*=100000/60"


class Platform:
    """What runs, and how it is struck. Every strike tells what it did in a word, or why it did nothing."""

    def __init__(self, base: Path, cluster: Cluster) -> None:
        self.base, self.cluster = base, cluster
        self.place = Place(base / "data")
        self.files = base / "files"
        self.tables = base / "tables"
        self.port = services.free_port(20000 + os.getpid() % 20000)
        self.live_port = services.free_port(self.port)
        self.mounted: list[Path] = []
        self.supervisor: subprocess.Popen[bytes] | None = None
        self.env: dict[str, str] = {}
        self.world: dict[str, Any] = {}
        self.notes: list[str] = []

    # --- making ------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def live_url(self) -> str:
        return f"http://127.0.0.1:{self.live_port}/live/"

    def make(self, template: tuple[Server, str] | None = None) -> None:
        """Make the database (from a template's dump where there is one, else by migrating) with a world in it."""
        self.place.make()
        self.files.mkdir()
        self.tables.mkdir()
        self._mount(self.files, FILES_MB)
        self._mount(self.tables, TABLES_MB)
        with self.cluster.server.connect() as admin:
            admin.execute(f"ALTER SYSTEM SET max_connections = {MAX_CONNECTIONS}")
        self.cluster.stop()
        self.cluster.start()
        for name in services.SECRETS:
            (self.place.secrets / name.lower()).write_text("chaos-" + name.lower() * 3, encoding="utf-8")
        settings = {"YIWANG_PG_HOST": str(self.cluster.socket), "YIWANG_PG_PORT": "5432", "YIWANG_PG_NAME": NAME, "DATABASE_URL": ""}
        self.env = services.environment(self.place, settings, self.port, self.live_port) | {
            "YIWANG_FILES_DIR": str(self.files), "YIWANG_DEMO": "", "YIWANG_LOG_LEVEL": "WARNING", "YIWANG_RATES": RATES,
            "YIWANG_PRODUCTION": "", "PGUSER": "postgres",
        }  # fmt: skip
        self._make_database(template)
        self._starvable_table()
        done = self.run("-m", "tests.chaos.seed_world")
        self.world = json.loads(done.stdout.strip().splitlines()[-1])

    def _make_database(self, template: tuple[Server, str] | None) -> None:
        with self.cluster.server.connect() as admin:
            database.create_roles(admin)
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'").format(sql.Identifier(NAME)))
        if template is None:
            with self.cluster.server.connect(NAME) as admin:
                database.prepare_database(admin)
            database.migrate(self.env)
        else:
            copy_database(template[0], template[1], self.cluster.server, NAME)
        with self.cluster.server.connect(NAME) as admin:
            database.tune_queue(admin)

    def _starvable_table(self) -> None:
        """Put one table, which every act needs, onto the small disk."""
        if self.tables not in self.mounted:
            return
        folder = self.tables / "pg"
        folder.mkdir()
        if user := clusters.server_user():
            os.chown(folder, user.pw_uid, user.pw_gid)
        folder.chmod(0o700)
        with self.cluster.server.connect(NAME) as admin:
            admin.execute(f"CREATE TABLESPACE starved LOCATION '{folder}'")
            admin.execute(f"ALTER TABLE {STARVED_TABLE} SET TABLESPACE starved")

    def _mount(self, folder: Path, megabytes: int) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", PREFIX + "disk", str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            self.mounted.append(folder)
        else:
            self.notes.append(f"{folder.name}: no small disk of its own, mounting is not allowed here ({done.stderr.strip()[:80]})")

    def run(self, *arguments: str, check: bool = True, timeout: float = 300, **more: str) -> subprocess.CompletedProcess[str]:
        """Run Python with the platform's environment."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=REPO_DIR, env={**os.environ, **self.env, **more}, capture_output=True, text=True, check=False, timeout=timeout
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done

    def yiwang(self, *arguments: str, check: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "yiwang", *arguments, check=check, **more)

    def start(self) -> None:
        """Start everything under the supervisor, as `./dev up --detach` does, and wait until it answers."""
        spec = {
            "url": self.url, "attached": False, "cluster": str(self.cluster.folder), "socket": str(self.cluster.socket),
            "services": [s | {"env": self.env | s["env"]} for s in services.services(self.port, self.live_port)],  # type: ignore[operator]
        }  # fmt: skip
        self.place.spec_file.write_text(json.dumps(spec), encoding="utf-8")
        with (self.place.log / "supervisor.log").open("ab") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "tools.supervise", str(self.place.data)], cwd=REPO_DIR, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env={**os.environ, **database.python_env()},
            )  # fmt: skip
        self.wait_until_whole()

    def wait_until_whole(self, seconds: float = 120) -> None:
        """Wait until every process runs and the web answers with the database behind it."""
        end = time.monotonic() + seconds
        missing: list[str] = ["web"]
        while time.monotonic() < end:
            missing = [n for n in ("web", "live", "worker", "relay", "sealer") if not self.pid(n)]
            if not missing and self._answers(f"{self.url}/api/v1/classes?kind=none") and self._answers(f"http://127.0.0.1:{self.live_port}/healthz"):
                return
            if self.supervisor is not None and self.supervisor.poll() is not None:
                break
            time.sleep(0.25)
        raise RuntimeError(f"the platform does not come up (missing: {missing})\n{self.tail()}")

    def _answers(self, url: str) -> bool:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError, ValueError):
            return False

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of every log."""
        found = []
        for log in sorted(self.place.log.glob("*.log")):
            with contextlib.suppress(OSError):
                found.append(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:]))
        return "\n".join(found)

    def stop(self) -> None:
        """Stop everything, also what was left paused, and give the small disks back."""
        self._signal_database(signal.SIGCONT)
        for name in ("web", "live", "worker", "relay", "sealer"):
            for pid in self._family(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        if self.supervisor is not None:
            self.supervisor.terminate()
            try:
                self.supervisor.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.supervisor.kill()
                self.supervisor.wait()
        self.cluster.stop()
        for folder in self.mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)

    def left_over(self) -> list[str]:
        """Return the processes that work with our data folder and belong to nobody any more: a second web beside the web."""
        found = []
        kept = {pid for name in ("web", "live", "worker", "relay", "sealer") for pid in self._family(name)}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"YIWANG_DATA_DIR={self.place.data}\0".encode() in (folder / "environ").read_bytes() and int(folder.name) not in kept:
                    found.append(f"{folder.name} {(folder / 'cmdline').read_bytes().decode().replace(chr(0), ' ')[:120]}")
        return found

    def connect(self, user: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.cluster.socket), port="5432", user=user, dbname=NAME, autocommit=True, connect_timeout=10)

    # --- who runs ----------------------------------------------------------------------------------------------------

    def pid(self, name: str) -> int:
        found = self.place.state().get("services", {}).get(name)
        return int(found["pid"]) if found and alive(found["pid"], found["started"]) else 0

    def restarts(self) -> dict[str, int]:
        return {name: int(n) for name, n in self.place.state().get("restarts", {}).items()}

    def _family(self, name: str) -> list[int]:
        pid = self.pid(name)
        return [pid, *children(pid)] if pid else []

    def _signal_database(self, number: int) -> int:
        found = self.cluster._orphans()
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return len(found)

    # --- strikes -----------------------------------------------------------------------------------------------------

    def strike(self, blow: Strike) -> str:
        """Do it and, where it lasts, undo it afterwards; returns what happened."""
        verb, target = blow.kind.split(":")
        if target in ("database", "backend"):
            return self._strike_database(verb, target, blow)
        if verb == "starve":
            return getattr(self, f"_starve_{target}")(blow.lasting)
        family = self._family("web" if target == "web-child" else target)
        if not family:
            return "was not running"
        if verb == "pause":
            return self._pause(family, blow.lasting)
        pids = family[1:] if target == "web-child" else family[:1]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if verb == "kill" else signal.SIGTERM)
        return f"{len(pids)} processes"

    def _pause(self, pids: list[int], seconds: float) -> str:
        marks = [(pid, started_at(pid)) for pid in pids]
        for pid, _mark in marks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid, mark in marks:
            if alive(pid, mark):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        return f"{len(marks)} processes"

    def _strike_database(self, verb: str, target: str, blow: Strike) -> str:
        if not self.cluster.pid:
            return "was not running"
        if target == "backend":
            pids = [p for p in self.cluster._orphans() if p != self.cluster.pid]
            if not pids:
                return "no backend"
            with contextlib.suppress(ProcessLookupError):
                os.kill(pids[int(blow.choice * len(pids))], signal.SIGKILL)
            return "one backend"
        if verb == "kill":
            os.kill(self.cluster.pid, signal.SIGKILL)
            return "postmaster"
        if verb == "pause":
            count = self._signal_database(signal.SIGSTOP)
            time.sleep(blow.lasting)
            self._signal_database(signal.SIGCONT)
            return f"{count} processes"
        if verb == "away":
            return self._away(blow.lasting)
        mode = "fast" if verb == "stop" else "immediate"
        self.cluster._run("pg_ctl", "-D", str(self.cluster.data), "-W", "-m", mode, "stop")
        return mode

    def _away(self, seconds: float) -> str:
        """Keep the database away: the supervisor, who would start it again at once, is held meanwhile."""
        assert self.supervisor is not None
        os.kill(self.supervisor.pid, signal.SIGSTOP)
        try:
            self.cluster._run("pg_ctl", "-D", str(self.cluster.data), "-w", "-m", "fast", "stop")
            time.sleep(seconds)
        finally:
            os.kill(self.supervisor.pid, signal.SIGCONT)
        return "away"

    def _starve_connections(self, seconds: float) -> str:
        """Take every connection that the app could have."""
        taken: list[psycopg.Connection[Any]] = []
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                try:
                    taken.append(self.connect("yiwang_app"))
                except psycopg.OperationalError:
                    time.sleep(0.1)
        finally:
            for connection in taken:
                connection.close()
        return f"{len(taken)} connections"

    def _starve_files(self, seconds: float) -> str:
        return self._fill(self.files, seconds)

    def _starve_tables(self, seconds: float) -> str:
        return self._fill(self.tables, seconds)

    def _fill(self, folder: Path, seconds: float) -> str:
        if folder not in self.mounted:
            return "no small disk here"
        filler = folder / "filler"
        size = 0
        try:
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as out:
                while True:
                    size += out.write(b"\0" * 65536)
            time.sleep(seconds)
        finally:
            filler.unlink(missing_ok=True)
        return f"{size // 2**20} MB"


def children(pid: int) -> list[int]:
    """Return the processes below a process, however deep."""
    below: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            below.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parts[2]))
    found, todo = [], [pid]
    while todo:
        for child in below.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def copy_database(source: Server, name: str, target: Server, target_name: str) -> None:
    """Copy a database from one server to another."""
    env = {**os.environ, "PGOPTIONS": ""}
    dump = subprocess.Popen(
        [str(clusters.bin_dir() / "pg_dump"), "-h", source.host, "-p", source.port, "-U", source.user, "-Fp", name], stdout=subprocess.PIPE, env=env
    )
    load = subprocess.run(
        [str(clusters.bin_dir() / "psql"), "-h", target.host, "-p", target.port, "-U", target.user, "-q", "-v", "ON_ERROR_STOP=1", target_name],
        stdin=dump.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, env=env,
    )  # fmt: skip
    if dump.stdout is not None:
        dump.stdout.close()
    if dump.wait() or load.returncode:
        raise RuntimeError(f"the database could not be copied: {load.stderr[-1000:]}")


def sweep() -> None:
    """Give back what killed runs left mounted, and remove their folders."""
    for base in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid, _, started = base.name.removeprefix(PREFIX).partition("-")
        if not pid.isdigit() or alive(int(pid), started) or not os.access(base, os.W_OK):
            continue
        Cluster(base / "pg", base / "socket").stop()
        for folder in ("files", "tables"):
            subprocess.run(["umount", "-l", str(base / folder)], capture_output=True, check=False)
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def platform(template: tuple[Server, str] | None = None, *, keep_logs: Path | None = None) -> Iterator[Platform]:
    """Lend a running platform with a world in it; everything is stopped and removed afterwards."""
    sweep()
    base = Path(tempfile.gettempdir()) / f"{PREFIX}{os.getpid()}-{started_at(os.getpid())}"
    base.mkdir(mode=0o711)
    made = Platform(base, Cluster(base / "pg", base / "socket", durable=True))
    try:
        made.cluster.start()
        made.make(template)
        made.start()
        yield made
    finally:
        made.stop()
        if keep_logs is not None:
            shutil.copytree(made.place.log, keep_logs, dirs_exist_ok=True, symlinks=False, ignore_dangling_symlinks=True)
            with contextlib.suppress(OSError):
                shutil.copy(made.cluster.log, keep_logs / "postgres.log")
        shutil.rmtree(base, ignore_errors=True)


class Striker(threading.Thread):
    """Does the plan's strikes at their moments, one at a time, and keeps what happened."""

    def __init__(self, target: Platform, strikes: list[Strike]) -> None:
        super().__init__(daemon=True)
        self.target, self.strikes = target, strikes
        self.done: list[tuple[Strike, str]] = []
        self.over = threading.Event()

    def run(self) -> None:
        began = time.monotonic()
        for blow in self.strikes:
            if self.over.wait(max(0.0, began + blow.at - time.monotonic())):
                return
            try:
                what = self.target.strike(blow)
            except Exception as error:  # a strike that misses is told, the storm goes on
                what = f"missed: {error}"
            self.done.append((blow, what))

    def end(self) -> None:
        self.over.set()
        self.join(timeout=60)
