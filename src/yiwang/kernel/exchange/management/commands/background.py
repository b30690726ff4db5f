"""`yiwang background`: worker, relay and sealer from one loaded program, for a small machine (YIWANG_BACKGROUND=one).

The program is loaded once and forked, so the three share what they have read of code and words; they stay processes of
their own, each with its connections, and one that dies is forked again. Killed itself, it takes them along.
"""

import gc
import logging
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.urls import get_resolver

from yiwang.kernel.base import logs, pulse, queue

log = logging.getLogger("yiwang.background")
PARTS: dict[str, tuple[str, ...]] = {
    "worker": ("procrastinate", "worker", "--concurrency", "2"), "relay": ("relay",), "sealer": ("sealer",),
}  # fmt: skip
PAUSE_S = 2.0
LOOK_S = 0.5
ENDING = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    help = "Run worker, relay and sealer below one process that loaded the program for all of them."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.running: dict[int, str] = {}
        self.stopping = False
        _ = get_resolver().url_patterns  # what the three would otherwise each read for themselves
        connections.close_all()
        gc.collect()
        gc.freeze()  # else the collector writes to every page that is shared
        for number in ENDING:
            signal.signal(number, self.stop)
        told = os.environ.get("YIWANG_PULSE") or f"{tempfile.mkdtemp(prefix='yiwang-pulse-')}/background"
        self.watches = {name: pulse.Watch(Path(f"{told}.{name}")) for name in PARTS}
        for name in PARTS:
            self.start(name)
        while self.running:
            pulse.beat()
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except InterruptedError:
                continue
            except ChildProcessError:
                break
            if not pid:
                self.look()
                time.sleep(LOOK_S)
                continue
            name = self.running.pop(pid, "")
            if name and not self.stopping:
                log.warning("ended and is started again", extra={"facts": {"part": name, "status": status}})
                time.sleep(PAUSE_S)
                if not self.stopping:
                    self.start(name)

    def look(self) -> None:
        """Kill a part that lives and gives no sign of life; its death is then seen like any other."""
        now = time.monotonic()
        for pid, name in self.running.items():
            if (silent := self.watches[name].silent(now)) and not self.stopping:
                log.warning("no sign of life: it is killed", extra={"facts": {"part": name, "seconds": round(silent)}})
                os.kill(pid, signal.SIGKILL)

    def start(self, name: str) -> None:
        """Fork one part; it never returns into this program."""
        self.watches[name].begin(time.monotonic())
        # Told to stop in this instant, a part not yet on the list would stay, and a young one would take our handler for its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = os.fork()
        if pid:
            self.running[pid] = name
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            return
        code = 1
        try:
            _die_with_parent()
            for number in ENDING:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            os.environ["YIWANG_PULSE"] = str(self.watches[name].file)
            os.environ.pop("NOTIFY_SOCKET", None)  # the program above speaks for all of them
            if name == "worker":
                pulse.beat_while(queue.worker_lives)
            call_command(*PARTS[name])
            code = 0
        except (KeyboardInterrupt, SystemExit):
            code = 0
        except BaseException as error:
            log.error("ended", extra={"facts": {"part": name, "error": logs.reason(error)}})
        finally:
            os._exit(code)

    def stop(self, *_signal: object) -> None:
        self.stopping = True
        for pid in self.running:
            os.kill(pid, signal.SIGTERM)


def _die_with_parent() -> None:
    """Ask the kernel to end this process when its parent is gone, also when that was killed."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
