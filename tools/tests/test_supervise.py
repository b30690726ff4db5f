"""The supervisor: starts, restarts what dies, writes who runs, stops all; and what `down` does after a kill."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools import run_down, run_status
from tools.place import Place, alive, started_at


def wait_for(condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("did not happen in time")


LIVING = """
import os, time
while True:
    open(os.environ["YIWANG_PULSE"], "w").write(str(time.monotonic()))
    time.sleep(0.1)
"""


@pytest.fixture
def place(tmp_path, repo_dir, monkeypatch):
    monkeypatch.setattr("tools.place.POINTERS", tmp_path / "pointers")
    made = Place(tmp_path / "data")
    made.make()
    (made.data / "pulse").mkdir()
    sleeper = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(300)"]
    web = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # answers 501, which is an answer
    threading.Thread(target=web.serve_forever, daemon=True).start()
    living = [sys.executable, "-c", LIVING]
    spec = {
        "url": f"http://127.0.0.1:{web.server_port}", "attached": False,
        "services": [{"name": name, "command": command, "env": {}, "watched": command is living} for name, command in (("web", sleeper), ("worker", living))],
    }  # fmt: skip
    made.spec_file.write_text(json.dumps(spec))
    env = {**os.environ, "YIWANG_HUNG_AFTER_S": "3"}
    supervisor = subprocess.Popen([sys.executable, "-m", "tools.supervise", str(made.data)], cwd=repo_dir, env=env)
    wait_for(lambda: len(made.running().get("services", ())) == 2)
    yield made
    web.shutdown()
    web.server_close()
    with contextlib.suppress(ProcessLookupError):
        supervisor.kill()
    supervisor.wait()


def test_status_names_every_process(place):
    answer = run_status.status(place)
    assert answer["running"] is True
    assert set(answer["pids"]) == {"supervisor", "web", "worker"}
    assert all(started_at(pid) for pid in answer["pids"].values())
    assert "accounts" not in answer, "no sample data, no accounts"


def test_status_shows_accounts_with_sample_data_only(place):
    account = {"role": "inspector", "username": "inspector01", "password": "x", "name": "kept to itself"}
    place.sample_file.write_text(json.dumps({"accounts": [account], "open311": {"api_key": "k"}}))
    answer = run_status.status(place)
    assert answer["accounts"] == [{"role": "inspector", "username": "inspector01", "password": "x"}]
    assert answer["open311"] == {"endpoint": f"{answer['url']}/open311/v2/", "api_key": "k"}


def test_a_killed_process_comes_back(place):
    web = place.state()["services"]["web"]["pid"]
    os.kill(web, signal.SIGKILL)
    again = wait_for(lambda: place.state()["restarts"]["web"] == 1 and place.state()["services"]["web"]["pid"])
    assert again != web
    wait_for(lambda: (place.log / "web.log").read_text().startswith("up"))


def test_a_hung_process_is_killed_and_comes_back(place):
    """SIGSTOP: it lives, holds its connections and does nothing. Who never gave signs of life is left alone."""
    before = place.state()["services"]
    pulse = place.data / "pulse" / "worker"
    wait_for(pulse.is_file)
    os.kill(before["worker"]["pid"], signal.SIGSTOP)
    wait_for(lambda: place.state()["restarts"]["worker"] == 1, 60)
    assert not alive(before["worker"]["pid"], before["worker"]["started"])
    wait_for(pulse.is_file)
    assert place.state()["services"]["web"] == before["web"]


def test_term_stops_everything(place):
    processes = [(s["pid"], s["started"]) for s in place.state()["services"].values()]
    os.kill(place.state()["supervisor"], signal.SIGTERM)
    wait_for(lambda: not place.state_file.exists())
    assert not any(alive(*p) for p in processes)
    assert run_status.status(place) == {"running": False, "url": None, "pids": {}}


def test_a_killed_supervisor_takes_its_children_along(place):
    state = place.state()
    os.kill(state["supervisor"], signal.SIGKILL)
    wait_for(lambda: not any(alive(s["pid"], s["started"]) for s in state["services"].values()))
    assert not place.running()
    run_down.clear_killed_run(place)
    assert not place.state_file.exists()
