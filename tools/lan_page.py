"""The page that leads phones in, over plain http: itself and the authority's certificate, nothing else. Started by the supervisor.

    python tools/lan_page.py FOLDER PORT
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.processes import die_with_parent  # noqa: E402

SHOWN = {"/": ("index.html", "text/html; charset=utf-8"), "/ca.crt": ("ca.crt", "application/x-x509-ca-cert")}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Handler(BaseHTTPRequestHandler):
    """Two files by name; every other address is 404, every other method 501."""

    folder = Path()
    timeout = 20
    server_version, sys_version = "yiwang", ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        found = SHOWN.get(self.path.split("?", 1)[0])
        if found is None:
            self.send_error(404)
            return
        content = (self.folder / found[0]).read_bytes()
        self.send_response(200)
        for name, value in (("Content-Type", found[1]), ("Content-Length", str(len(content))), ("Content-Security-Policy", POLICY),
                            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store")):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_said: object) -> None:
        """Say nothing: addresses of phones are nobody's affair."""


def server(folder: Path, port: int, host: str = "0.0.0.0") -> ThreadingHTTPServer:  # noqa: S104 - phones come over all interfaces
    made = type("Handler", (Handler,), {"folder": folder})
    return ThreadingHTTPServer((host, port), made)


if __name__ == "__main__":
    die_with_parent()
    server(Path(sys.argv[1]), int(sys.argv[2])).serve_forever()
