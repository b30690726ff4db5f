"""Signs of life: told to a file and to systemd while the work goes on, judged by changes and never by the clock on the wall."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from yiwang.kernel.base import pulse
from yiwang.kernel.base.pulse import START_S, Watch


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "pulse" / "relay"
    monkeypatch.setenv("YIWANG_PULSE", str(found))
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setattr(pulse, "_last", 0.0)
    return found


def look_until(watch: Watch, begin: float, end: float) -> float:
    """Look every second; return what the last look said."""
    said = 0.0
    for second in range(int(begin), int(end) + 1):
        said = watch.silent(float(second))
    return said


def test_a_silent_process_is_told_after_its_time_and_not_before(file: Path) -> None:
    watch = Watch(file, late_s=90)
    watch.begin(0.0)
    assert look_until(watch, 0, START_S) == 0, "until the first sign there is time to start"
    watch.begin(0.0)
    pulse.beat()
    assert look_until(watch, 1, 90) == 0
    assert look_until(watch, 91, 95) == 94, "since the look that saw the sign"
    file.write_text("another")
    assert watch.silent(96.0) == 0
    watch.begin(100.0)
    assert look_until(watch, 100, 100 + START_S + 1) > START_S, "one that never began is hung, too"


def test_a_watcher_that_was_held_up_judges_nobody(file: Path) -> None:
    watch = Watch(file, late_s=90)
    watch.begin(0.0)
    pulse.beat()
    assert watch.silent(1.0) == 0
    assert watch.silent(4000.0) == 0, "the machine slept"
    assert look_until(watch, 4001, 4080) == 0
    assert look_until(watch, 4081, 4095) > 90


def test_systemd_is_told_as_well(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        pulse.beat()
        assert systemd.recv(100) == b"WATCHDOG=1"
    assert file.is_file()


def test_a_server_gives_signs_while_it_answers(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "BEAT_S", 0.05)
    monkeypatch.setattr(pulse, "ANSWER_S", 0.5)
    hangs = threading.Event()

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if hangs.is_set():
                time.sleep(2)
            self.send_error(400)  # a refusal is an answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/healthz"
    assert pulse.answers(address)
    monkeypatch.setenv("YIWANG_PULSE_URL", address)
    pulse.beat_while_answering()
    end = time.monotonic() + 20
    while not file.is_file() and time.monotonic() < end:
        time.sleep(0.05)
    assert file.is_file()
    hangs.set()
    assert not pulse.answers(address)
    server.shutdown()
    server.server_close()
    assert not pulse.answers(address), "nobody there is no answer"
