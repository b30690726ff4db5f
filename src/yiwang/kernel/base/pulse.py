"""Signs of life for whoever keeps the processes running: the supervisor of `./dev up`, or systemd's watchdog (看门狗).

Heartbeats (`heartbeats.py`) lie in the database and tell people. A pulse tells the machine, and needs no database: a file
that is touched (YIWANG_PULSE) and the message WATCHDOG=1 (NOTIFY_SOCKET). It comes out of the work itself, so that a
process that lives and does nothing gives none: relay and sealer from their loop, web and live stream after an
answer to a request of their own, the worker after a look at its own heartbeat.

Only the standard library: the supervisor reads this file, too.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

BEAT_S = 5.0
ANSWER_S = 10.0  # how long an answer to one's own request may take
LATE_S = float(os.environ.get("YIWANG_HUNG_AFTER_S", "90"))  # silent for longer: hung, killed and started again
START_S = 180.0  # at least so long from the start to the first sign of life
LOOK_S = 2.0  # between two looks; whoever looked away for much longer judges nobody

_last = 0.0


def beat() -> None:
    """Give a sign of life; called as often as one likes."""
    global _last
    if time.monotonic() - _last < 1:
        return
    _last = time.monotonic()
    if path := os.environ.get("YIWANG_PULSE"):
        with contextlib.suppress(OSError):
            file = Path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{os.getpid()} {_last:.1f}\n", encoding="ascii")
    if path := os.environ.get("NOTIFY_SOCKET"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"WATCHDOG=1", "\0" + path[1:] if path.startswith("@") else path)


def is_watched() -> bool:
    """Say whether anybody listens for signs of life."""
    return bool(os.environ.get("YIWANG_PULSE") or os.environ.get("NOTIFY_SOCKET"))


def answers(url: str) -> bool:
    """Say whether an address of this machine gives any answer; what it says does not matter."""
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname or "127.0.0.1", address.port or 80), timeout=ANSWER_S) as asked:
            asked.sendall(f"GET {address.path or '/'} HTTP/1.0\r\nHost: localhost\r\nUser-Agent: pulse\r\n\r\n".encode())
            return asked.recv(5) != b""
    except OSError:
        return False


def beat_while(works: Callable[[], bool]) -> None:
    """Give signs of life from a thread as long as `works()`; does nothing where nobody listens."""
    if not is_watched():
        return

    def run() -> None:
        while True:
            if fine := works():
                beat()
            time.sleep(BEAT_S if fine else min(BEAT_S, 1.0))

    threading.Thread(target=run, name="pulse", daemon=True).start()


def beat_while_answering() -> None:
    """Give signs of life as long as this process answers at YIWANG_PULSE_URL (web and live stream)."""
    if url := os.environ.get("YIWANG_PULSE_URL"):
        beat_while(lambda: answers(url))


class Watch:
    """Looks at the file of one process and says when it has been silent for too long.

    By the watcher's own monotonic clock from change to change: a clock that is set, or a machine that slept, kills nobody.
    """

    def __init__(self, file: Path, late_s: float = LATE_S) -> None:
        self.file, self.late_s = file, late_s
        self.begin(time.monotonic())

    def begin(self, now: float) -> None:
        """The process was started just now."""
        self.file.unlink(missing_ok=True)
        self.known: str | None = None
        self.heard = self.looked = now

    def silent(self, now: float) -> float:
        """Return for how many seconds there was no sign of life; 0 while that is no reason to act."""
        if now - self.looked > 5 * LOOK_S:
            self.heard += now - self.looked  # we were held up ourselves, and so perhaps was everybody
        self.looked = now
        try:
            said: str | None = self.file.read_text(encoding="ascii")
        except (OSError, ValueError):
            said = None
        if said and said != self.known:
            self.known, self.heard = said, now
        silence = now - self.heard
        return silence if silence > (self.late_s if self.known else max(START_S, self.late_s)) else 0.0
