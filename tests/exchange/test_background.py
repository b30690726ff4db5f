"""One program for worker, relay and sealer: three processes, started again when they die or hang, gone when it is told to stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def children(pid: int) -> set[int]:
    return {int(c) for task in Path(f"/proc/{pid}/task").glob("*/children") for c in task.read_text().split()}


def wait_for(what: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def background(committed: Any, tmp_path: Path) -> Any:
    env = committed.env() | {"YIWANG_PULSE": str(tmp_path / "pulse/background"), "YIWANG_HUNG_AFTER_S": "5"}
    process = subprocess.Popen([sys.executable, "-m", "yiwang", "background"], env=env)
    yield process
    process.kill()
    process.wait()


def test_what_dies_or_hangs_is_started_again_and_all_stop_together(background: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert wait_for(lambda: len(children(background.pid)) == 3), "worker, relay and sealer run"
    before = children(background.pid)
    os.kill(max(before), signal.SIGKILL)
    assert wait_for(lambda: len(children(background.pid) - before) == 1), "another takes the dead one's place"
    pulses = {name: tmp_path / f"pulse/background.{name}" for name in ("worker", "relay", "sealer")}
    assert wait_for(lambda: all(p.is_file() and p.read_text() for p in pulses.values())), "each gives signs of life of its own"
    assert (tmp_path / "pulse/background").is_file()
    hung = int(pulses["relay"].read_text().split()[0])
    os.kill(hung, signal.SIGSTOP)
    assert wait_for(lambda: hung not in children(background.pid)), "it lives and does nothing: it is killed"
    assert wait_for(lambda: len(children(background.pid)) == 3)
    running = children(background.pid)
    background.send_signal(signal.SIGTERM)
    background.wait(60)
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in running))
