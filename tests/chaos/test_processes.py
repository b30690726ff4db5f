"""What happens to processes whose server, or whose children, die again and again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tools.database import REPO_DIR, python_env
from tools.place import alive, started_at
from tools.supervise import FIRST_PAUSE_S, HEALTHY_S, LONGEST_PAUSE_S, Service

SERVER = """
import multiprocessing, sys, time
sys.path[:0] = [{src!r}]

def work(ready):
    from yiwang.kernel.base.processes import die_with_parent
    die_with_parent()
    ready.put(multiprocessing.current_process().pid)
    time.sleep(300)

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    child = context.Process(target=work, args=(ready,))
    child.start()
    print(ready.get(timeout=60), flush=True)
    time.sleep(300)
"""


def test_a_killed_web_server_leaves_no_second_one_behind(tmp_path: Path):
    """An orphan would share the port with its successor and answer with the old code."""
    script = tmp_path / "server.py"
    script.write_text(SERVER.format(src=str(REPO_DIR / "src")), encoding="utf-8")
    server = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, **python_env()})
    try:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        mark = started_at(worker)
        assert alive(worker, mark)
        os.kill(server.pid, signal.SIGKILL)
        end = time.monotonic() + 30
        while alive(worker, mark) and time.monotonic() < end:
            time.sleep(0.05)
        assert not alive(worker, mark)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()  # type: ignore[union-attr]


class _Dead:
    """A process that has ended."""

    def poll(self) -> int:
        return 1


def test_who_dies_again_and_again_is_started_ever_more_seldom_and_forgiven_once_it_lived():
    service, said, now = Service("web", []), [], 1000.0
    pauses = []
    for _death in range(9):
        service.process, service.began = _Dead(), now - 1.0  # type: ignore[assignment]
        assert service.look(now, said.append) is False
        pauses.append(service.due - now)
        assert service.look(now, said.append) is False, "it is not time yet"
        now = service.due
        assert service.look(now, said.append) is True
    assert pauses[0] == FIRST_PAUSE_S * 2
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_S
    assert len(said) == 9
    assert "web ended with 1; starting it again in 30 s" in said[-1]
    service.process, service.began = _Dead(), now - HEALTHY_S - 1  # type: ignore[assignment]
    service.look(now, said.append)
    assert service.due - now == FIRST_PAUSE_S
