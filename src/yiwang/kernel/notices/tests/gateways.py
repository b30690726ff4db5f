"""Gateways on this machine, with answers that a test chooses: HTTP for text messages and work chat, a mail server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Gateway:
    """What came in, and what is answered: status, JSON (or raw text), after so many seconds."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.status, self.answer, self.wait_s = 200, {"code": "0", "message": "ok", "id": "R-77"}, 0.0  # type: int, Any, float
        self.url = ""


@contextmanager
def http_gateway() -> Iterator[Gateway]:
    """Run an HTTP gateway on a free port of this machine."""
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            kind = self.headers.get("Content-Type", "")
            parsed = {k: v[0] for k, v in parse_qs(body).items()} if "urlencoded" in kind else json.loads(body)
            gateway.seen.append({"path": self.path, "query": parse_qs(urlsplit(self.path).query), "headers": dict(self.headers), "body": parsed})
            time.sleep(gateway.wait_s)
            said = gateway.answer if isinstance(gateway.answer, str) else json.dumps(gateway.answer)
            try:
                self.send_response(gateway.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(said.encode())
            except OSError:
                return  # the caller went away

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}/send"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class MailBox:
    """A mail server's handler: keeps what comes, refuses receivers that a test names."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refused: dict[str, str] = {}
        self.busy = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, rcpt_options: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.busy:
            return self.busy
        self.mails.append(envelope)
        return "250 Message accepted for delivery"


@contextmanager
def mail_server() -> Iterator[tuple[MailBox, int]]:
    """Run a mail server on a free port of this machine; yields what it keeps, and the port."""
    import socket

    from aiosmtpd.controller import Controller

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = MailBox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()
