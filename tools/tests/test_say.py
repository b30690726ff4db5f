"""What the person at the terminal reads: long steps say that they go on, and what goes wrong is a sentence with its mend."""

import errno
import time

import pytest

from tools import say


def test_a_long_step_tells_that_it_goes_on(capsys, monkeypatch):
    monkeypatch.setattr(say, "STILL_AFTER_S", 0.05)
    with say.step("Waiting"):
        time.sleep(0.2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("Waiting")
    assert any(line.endswith("Waiting: still at it") for line in lines)
    time.sleep(0.1)
    assert capsys.readouterr().out == "", "silent when it is over"


def _full(arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


def _closed(arguments):
    raise PermissionError(errno.EACCES, "Permission denied", "/somewhere")


def _stop(arguments):
    raise say.Stop("It does not work.", "Do this.")


def _interrupted(arguments):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("main", "code", "sentence"),
    [(_full, 1, "disk is full"), (_closed, 1, "No permission for /somewhere"), (_stop, 1, "It does not work.\n  -> Do this."),
     (_interrupted, 130, "Stopped."), (lambda arguments: 3, 3, "")],
)  # fmt: skip
def test_what_is_expected_to_go_wrong_is_a_sentence(capsys, main, code, sentence):
    with pytest.raises(SystemExit) as ended:
        say.run_main(main, [])
    assert ended.value.code == code
    assert sentence in capsys.readouterr().err


def test_a_fault_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        say.run_main(lambda arguments: 1 / 0, [])


def test_downloads_are_named_apart(monkeypatch):
    monkeypatch.setattr(say, "STARTED", time.time() - 100)
    monkeypatch.setattr(say, "_download_seconds", 0.0)
    assert say.timing() == "100 s"
    say.add_download(30)
    assert say.timing() == "100 s (30 s of it downloads, 70 s work)"
