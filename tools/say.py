"""What the person at the terminal reads: progress with seconds, and one clear sentence with its mend when it stops."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = float(os.environ.get("DEV_STARTED") or time.time())
DISK_FULL = "The disk is full. -> Free some space (df -h shows where) and run the same command again."
STILL_AFTER_S = 15.0
_download_seconds = float(os.environ.get("DEV_DOWNLOAD_SECONDS") or 0)


class Stop(Exception):
    """Nothing more can be done here: one sentence, and what mends it."""

    def __init__(self, sentence: str, mend: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.mend = sentence, mend


def say(text: str) -> None:
    """Print a line with the seconds since the command began; a reader that went away (`| head`) stops nothing."""
    with contextlib.suppress(BrokenPipeError):
        print(f"[{time.time() - STARTED:3.0f} s] {text}", flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, tell every 15 seconds that it goes on, and say how long it took when that was worth noticing."""
    say(title)
    began = time.monotonic()
    over = threading.Event()

    def tell() -> None:
        while not over.wait(STILL_AFTER_S):
            say(f"{title}: still at it")

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        over.set()
    if (took := time.monotonic() - began) >= 2:
        say(f"{title}: {took:.1f} s")


def add_download(seconds: float) -> None:
    """Count seconds spent on the network apart from our own work."""
    global _download_seconds
    _download_seconds += seconds


def timing() -> str:
    """Return the whole time, with the downloads named apart."""
    whole = time.time() - STARTED
    text = f"{whole:.0f} s"
    if _download_seconds >= 1:
        text += f" ({_download_seconds:.0f} s of it downloads, {whole - _download_seconds:.0f} s work)"
    return text


def run_main(main: object, arguments: list[str]) -> None:
    """Run a command's main function and turn what is expected to go wrong into a sentence and an exit code."""
    try:
        sys.exit(main(arguments))  # type: ignore[operator]
    except Stop as stop:
        print(f"\n{stop.sentence}", file=sys.stderr)
        if stop.mend:
            print(f"  -> {stop.mend}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            print(f"\n{DISK_FULL}", file=sys.stderr)
            sys.exit(1)
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM) and error.filename:
            print(f"\nNo permission for {error.filename}.\n  -> Give it to the present user, or choose another folder "
                  "with --data DIR.", file=sys.stderr)  # fmt: skip
            sys.exit(1)
        raise
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again; it goes on where it was.", file=sys.stderr)
        sys.exit(130)
