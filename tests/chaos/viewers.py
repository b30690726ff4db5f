"""Browsers that watch the live stream, come back with what they heard last, and must in the end have heard everything."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable

import httpx


class Viewer(threading.Thread):
    """One open page: keeps every position that it was told."""

    def __init__(self, url: str, cookies: Callable[[], dict[str, str]]) -> None:
        super().__init__(daemon=True)
        self.url, self.cookies = url, cookies
        self.heard: list[int] = []
        self.last = ""
        self.reloads = self.cuts = 0
        self.ready = threading.Event()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            with contextlib.suppress(httpx.HTTPError, OSError, RuntimeError):
                self._listen()
            self.cuts += 1
            self.over.wait(0.5)

    def _listen(self) -> None:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies().items())}
        if self.last:
            headers["Last-Event-ID"] = self.last
        with httpx.Client(trust_env=False) as client, client.stream("GET", self.url, headers=headers, timeout=httpx.Timeout(10, read=25)) as answer:
            if answer.status_code != 200:
                return
            number = kind = ""
            for line in answer.iter_lines():
                if self.over.is_set():
                    return
                if line.startswith("id: "):
                    number = line[4:]
                    self.last = number  # as the standard says: also of a message without data
                    self.ready.set()
                elif line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    if kind == "reload":
                        self.reloads += 1
                    elif number and json.loads(line[6:]):
                        self.heard.append(int(number))
                elif not line:
                    kind = ""

    def wait_for(self, wanted: set[int], seconds: float) -> set[int]:
        """Return what is still missing when it has heard everything, or the time is over."""
        end = time.monotonic() + seconds
        while (missing := wanted - set(self.heard)) and time.monotonic() < end:
            time.sleep(0.25)
        return missing
