"""Debian's clamd, started by a test with one signature of our own: no download of signatures, no network.

It is found on the path, or where `./dev test` has unpacked Debian's packages (`.cache/clamav`, nothing is installed).
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

UNPACKED = Path(os.environ.get("YIWANG_CLAMAV", Path(__file__).resolve().parents[2] / ".cache" / "clamav"))
VIRUS = b"YIWANG-OWN-TEST-SIGNATURE-2a7c41"  # harmless text that our signature calls a virus
NAME = "Yiwang.Test.Own"
START_S = 60


def find() -> tuple[str, dict[str, str]] | None:
    """Return the program and the environment that it needs; None where there is none."""
    if found := shutil.which("clamd", path=os.environ.get("PATH", "") + ":/usr/sbin"):
        return found, {}
    program = UNPACKED / "usr" / "sbin" / "clamd"
    if not program.is_file():
        return None
    libraries = UNPACKED / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
    return str(program), {"LD_LIBRARY_PATH": str(libraries)}


@cache
def missing() -> str:
    """Say why no scanner can be started here; empty when one can."""
    found = find()
    if found is None:
        return "clamd is neither installed nor unpacked: ./dev test fetches it where apt-get is, or apt-get install clamav-daemon"
    done = subprocess.run([found[0], "--help"], env={**os.environ, **found[1]}, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"clamd does not start here: {(done.stderr or done.stdout).strip()[:200]}"


class Clamd:
    """A running scanner; `address` is what YIWANG_CLAMD takes."""

    def __init__(self, folder: Path) -> None:
        found = find()
        assert found is not None
        self.folder, (self.program, self.env) = folder, found
        self.address = str(folder / "clamd.sock")
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "signatures").mkdir()
        (folder / "signatures" / "own.ndb").write_text(f"{NAME}:0:*:{VIRUS.hex()}\n")
        (folder / "clamd.conf").write_text(
            f"Foreground yes\nLocalSocket {self.address}\nDatabaseDirectory {folder / 'signatures'}\nTemporaryDirectory {folder}\n"
            "StreamMaxLength 30M\nMaxThreads 2\nConcurrentDatabaseReload no\nSelfCheck 0\n"
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--config-file", str(self.folder / "clamd.conf")], env={**os.environ, **self.env}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + START_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError("clamd did not start:\n" + (self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(5)
                probe.connect(self.address)
                probe.sendall(b"zPING\0")
                return probe.recv(16).startswith(b"PONG")
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)
            self.process = None
        Path(self.address).unlink(missing_ok=True)


@contextmanager
def running(folder: Path) -> Iterator[Clamd]:
    made = Clamd(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
