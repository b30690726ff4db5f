"""The process that keeps the platform's processes running: starts them, restarts what dies or hangs, stops all of them.

Started by `up` with the data folder as its only argument; what to run stands in `<data>/services.json`. It answers
SIGTERM by stopping everything. Its children get SIGTERM from the kernel when it is itself killed.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tools.cluster import Cluster
from tools.place import REPO_DIR, Place, read_json, started_at, write_whole
from tools.processes import die_with_parent

sys.path.insert(0, str(REPO_DIR / "src"))  # this program runs without the platform's environment

from yiwang.kernel.base.pulse import Watch  # noqa: E402  only the standard library

FIRST_PAUSE_S, LONGEST_PAUSE_S, HEALTHY_S = 0.5, 30.0, 20.0
FIRST_ALONE_S = 15.0  # at most: the others wait for the web, so that people see the first page seconds earlier
LOG_BYTES = 10_000_000
STOP_SECONDS = 10.0


@dataclass
class Service:
    """One process and its record of dying."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = FIRST_PAUSE_S
    due: float = 0.0
    restarts: int = -1
    watch: Watch | None = None  # of those that give signs of life

    def start(self, log: Path) -> None:
        """Start the process with its output in its own log."""
        more = {}
        if self.watch:
            self.watch.begin(time.monotonic())
            more["YIWANG_PULSE"] = str(self.watch.file)
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                self.command, env={**os.environ, **self.env, **more}, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                preexec_fn=die_with_parent,
            )  # fmt: skip
        self.began = time.monotonic()
        self.restarts += 1

    def look(self, now: float, say: Callable[[str], None]) -> bool:
        """Notice a death, make one of what hangs, and set when to start again; return whether it is time to start."""
        if self.process is None:
            return now >= self.due
        if (code := self.process.poll()) is None:
            if self.watch and (silent := self.watch.silent(now)):
                say(f"{self.name} lives and has given no sign of life for {silent:.0f} s: it is killed and started again (log/{self.name}.log)")
                self.process.kill()
                self.watch.begin(now)  # said once; its death is seen at one of the next looks
            return False
        self.pause = FIRST_PAUSE_S if now - self.began > HEALTHY_S else min(self.pause * 2, LONGEST_PAUSE_S)
        self.process, self.due = None, now + self.pause
        say(f"{self.name} ended with {code}; starting it again in {self.pause:.0f} s (log/{self.name}.log)")
        return False


class Supervisor:
    """All processes of one data folder."""

    def __init__(self, place: Place) -> None:
        self.place = place
        spec = read_json(place.spec_file)
        self.url, self.attached = spec["url"], spec["attached"]
        self.services = [
            Service(s["name"], s["command"], s["env"], watch=Watch(place.data / "pulse" / s["name"]) if s.get("watched") else None)
            for s in spec["services"]
        ]
        self.cluster = Cluster(Path(spec["cluster"]), Path(spec["socket"])) if spec.get("cluster") else None
        self.stopping = False
        self.asked: socket.socket | None = None

    def run(self) -> None:
        """Work until told to stop; without `--detach` also until `up` is gone, however it ended."""
        if self.attached:
            die_with_parent()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        began = cluster_seen = time.monotonic()
        others = False
        shutil.rmtree(self.place.data / "metrics", ignore_errors=True)  # counters of the former run
        try:
            while not self.stopping:
                changed = False
                others = others or time.monotonic() - began > FIRST_ALONE_S or self._first_answers()
                for service in self.services if others else self.services[:1]:
                    if service.look(time.monotonic(), self.say):
                        service.start(self.place.log / f"{service.name}.log")
                        changed = True
                if self.cluster and time.monotonic() - cluster_seen > 3:
                    cluster_seen = time.monotonic()
                    changed |= self._watch_cluster()
                if changed:
                    self.write_state()
                time.sleep(0.2)
        finally:
            self.stop_all()

    def _first_answers(self) -> bool:
        """Tell whether the first process has answered one request; asks once and never waits."""
        if self.asked is None:
            address = urlsplit(self.url)
            probe = socket.socket()
            probe.settimeout(0.2)
            if probe.connect_ex((address.hostname or "127.0.0.1", address.port or 80)) != 0:
                probe.close()
                return False
            probe.sendall(b"GET /accounts/login/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
            self.asked = probe
        if not select.select([self.asked], [], [], 0)[0]:
            return False
        self.asked.close()
        return True

    def _watch_cluster(self) -> bool:
        if self.cluster is None or self.cluster.pid:
            return False
        self.say("the database server ended; starting it again")
        try:
            self.cluster.start()
        except Exception as error:
            self.say(str(error))
            return False
        return True

    def _stop(self, number: int, frame: object) -> None:
        self.stopping = True

    def stop_all(self) -> None:
        """Stop the processes, last started first, then the database."""
        for service in reversed(self.services):
            if service.process and service.process.poll() is None:
                service.process.terminate()
        end = time.monotonic() + STOP_SECONDS
        for service in self.services:
            if service.process:
                try:
                    service.process.wait(max(0.1, end - time.monotonic()))
                except subprocess.TimeoutExpired:
                    self.say(f"{service.name} did not end by itself and was killed")
                    service.process.kill()
                    service.process.wait()
        if self.cluster:
            self.cluster.stop()
        self.place.state_file.unlink(missing_ok=True)
        self.place.forget()
        self.say("everything is stopped")

    def write_state(self) -> None:
        """Write who runs, for `status`, `down` and the next `up`."""
        me = os.getpid()
        processes = {s.name: s.process.pid for s in self.services if s.process}
        state = {
            "supervisor": me, "started": started_at(me), "url": self.url, "attached": self.attached,
            "services": {name: {"pid": pid, "started": started_at(pid)} for name, pid in processes.items()},
            "restarts": {s.name: s.restarts for s in self.services},
        }  # fmt: skip
        write_whole(self.place.state_file, json.dumps(state, indent=1) + "\n")

    def say(self, text: str) -> None:
        print(time.strftime("%Y-%m-%d %H:%M:%S"), text, flush=True)


if __name__ == "__main__":
    Supervisor(Place(Path(sys.argv[1]))).run()
