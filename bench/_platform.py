"""All processes of a running platform, as `./dev up` starts them, beside the database: started, sampled, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from bench._serving import Caller
from tools import services


@dataclass
class Part:
    """One service and the processes below it."""

    name: str
    process: subprocess.Popen[bytes]
    log: IO[bytes]


@dataclass
class Platform:
    """The running processes. Memory is the proportional share (PSS): what would be free again if they were not there."""

    port: int
    live_port: int
    parts: list[Part] = field(default_factory=list)

    def memory(self) -> dict[str, int]:
        """Return {service: MB}, with everything below each service counted once."""
        return {part.name: sum(pss_kb(pid) for pid in below(part.process.pid)) // 1024 for part in self.parts}

    def alive(self) -> list[str]:
        """Return the services that have ended; there should be none."""
        return [part.name for part in self.parts if part.process.poll() is not None]


def below(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                todo += [int(c) for c in task.read_text().split()]
            except OSError:
                continue
    return found


def pss_kb(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def database_mb() -> int:
    """Return the proportional memory of the server's own processes (its share of the page cache is not in it)."""
    socket = os.environ["YIWANG_PG_HOST"]
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() == "postgres" and socket in _postmaster_of(folder):
                found += pss_kb(int(folder.name))
        except OSError:
            continue
    return found // 1024


def _postmaster_of(folder: Path) -> str:
    """Return the socket folders of the cluster in whose data folder a server process works."""
    conf = Path(os.readlink(folder / "cwd")) / "postmaster.pid"
    return conf.read_text()


@contextmanager
def running() -> Iterator[Platform]:
    """Start every service on the database of the environment, wait for the web, and stop them afterwards."""
    port = services.free_port(18000)
    live = services.free_port(port)
    made = Platform(port, live)
    env = {**os.environ, "YIWANG_LOG_LEVEL": "WARNING", "YIWANG_URL": f"http://127.0.0.1:{port}", "YIWANG_LIVE_URL": f"http://127.0.0.1:{live}"}
    with tempfile.TemporaryDirectory(prefix="yiwang-bench-log-") as logs:
        try:
            for spec in services.services(port, live):
                log = (Path(logs) / f"{spec['name']}.log").open("wb")
                command: Any = spec["command"]
                own: Any = spec["env"]
                process = subprocess.Popen(command, env={**env, **own}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                made.parts.append(Part(str(spec["name"]), process, log))
            _wait(made, Path(logs))
            yield made
        finally:
            for part in reversed(made.parts):
                part.process.send_signal(signal.SIGTERM)
            for part in made.parts:
                try:
                    part.process.wait(20)
                except subprocess.TimeoutExpired:
                    part.process.kill()
                part.log.close()


def _wait(made: Platform, logs: Path) -> None:
    for _ in range(900):
        for part in made.parts:
            if part.process.poll() is not None:
                raise SystemExit(f"{part.name} ended: {(logs / f'{part.name}.log').read_text(errors='replace')[-2000:]}")
        try:
            Caller(made.port).get("/api/v1/classes?kind=none")
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server did not answer within 90 s")


class Sampler(threading.Thread):
    """Samples memory and machine load every few seconds: rows of (seconds, {service: MB}, load)."""

    def __init__(self, platform: Platform, every_s: float = 5.0) -> None:
        super().__init__(daemon=True)
        self.platform, self.every_s = platform, every_s
        self.rows: list[tuple[float, dict[str, int], float]] = []
        self._stop_asked = threading.Event()

    def run(self) -> None:
        began = time.monotonic()
        while not self._stop_asked.is_set():
            self.rows.append((time.monotonic() - began, self.platform.memory(), os.getloadavg()[0]))
            self._stop_asked.wait(self.every_s)

    def stop(self) -> None:
        self._stop_asked.set()
        self.join(10)
