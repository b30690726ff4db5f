"""The example of nginx in a real nginx: it is accepted, hides what is for inside, tells the caller's address, streams at once."""

from __future__ import annotations

import datetime
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
MAIN = """
daemon off; error_log {folder}/error.log; pid {folder}/pid; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/yiwang.conf;
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate(folder: Path) -> None:
    """Make a key and a certificate of our own for the example's host name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yiwang.example.gov.cn")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("yiwang.example.gov.cn")]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "yiwang.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "yiwang.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


class Behind(BaseHTTPRequestHandler):
    """The platform's part: says what reached it; /live/ sends a line now and then."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/live/"):
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for number in range(3):
                self.wfile.write(f"data: {number}\n\n".encode())
                self.wfile.flush()
                time.sleep(0.7)
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length") or 0)
        while length > 0 and (part := self.rfile.read(min(length, 65536))):
            length -= len(part)
        body = "\n".join(f"{k.lower()}: {v}" for k, v in self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *args: object) -> None: ...


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, int, Path]]:
    """A client of the running proxy, its plain port, and its folder."""
    nginx = shutil.which("nginx", path=f"/usr/sbin:/usr/local/sbin:{os.environ['PATH']}")
    if nginx is None:
        pytest.skip("nginx is not here (Debian: apt-get install nginx-light)")
    folder = tmp_path_factory.mktemp("nginx")
    certificate(folder)
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    plain, tls = free_port(), free_port()
    text = (ROOT / "deploy/nginx/yiwang.conf").read_text(encoding="utf-8")
    for given, here in {
        "listen 80;": f"listen 127.0.0.1:{plain};", "listen [::]:80;": "", "listen 443 ssl http2;": f"listen 127.0.0.1:{tls} ssl http2;",
        "listen [::]:443 ssl http2;": "", "/etc/nginx/tls/": f"{folder}/", "/var/log/nginx/": f"{folder}/",
        "127.0.0.1:8000": f"127.0.0.1:{behind.server_port}", "127.0.0.1:8001": f"127.0.0.1:{behind.server_port}",
    }.items():  # fmt: skip
        assert given in text, f"the example no longer says {given}"
        text = text.replace(given, here)
    (folder / "yiwang.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(("user root;" if os.geteuid() == 0 else "") + MAIN.format(folder=folder), encoding="utf-8")
    checked = subprocess.run([nginx, "-t", "-p", str(folder), "-c", str(folder / "nginx.conf")], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr, checked.stderr
    process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    context = ssl.create_default_context(cafile=str(folder / "yiwang.pem"))
    try:
        with httpx.Client(verify=context, base_url=f"https://yiwang.example.gov.cn:{tls}", trust_env=False, transport=_Here(tls, context), timeout=30) as client:
            for _try in range(100):
                try:
                    client.get("/")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield client, plain, folder
    finally:
        process.terminate()
        process.wait(timeout=20)
        behind.shutdown()


class _Here(httpx.HTTPTransport):
    """Goes to this machine whatever the name says; the certificate is checked for the name."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self.port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = "yiwang.example.gov.cn"
        request.url = request.url.copy_with(host="127.0.0.1", port=self.port)
        return super().handle_request(request)


Site = tuple[httpx.Client, int, Path]


def told(response: httpx.Response) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in response.text.splitlines())


def test_the_callers_address_is_ours_to_tell(site: Site) -> None:
    client, _plain, _folder = site
    found = told(client.get("/", headers={"x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "http", "x-request-id": "forged-by-a-client"}))
    assert found["x-forwarded-for"] == "127.0.0.1"
    assert found["x-forwarded-proto"] == "https"
    assert len(found["x-request-id"]) == 32, "one id from the proxy on, which its own log has as well"


def test_plain_http_is_sent_to_tls(site: Site) -> None:
    _client, plain, _folder = site
    found = httpx.get(f"http://127.0.0.1:{plain}/city/cases/?q=1", headers={"host": "yiwang.example.gov.cn"}, trust_env=False)
    assert (found.status_code, found.headers["location"]) == (301, "https://yiwang.example.gov.cn/city/cases/?q=1")


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_figures_are_for_inside(site: Site, path: str) -> None:
    assert site[0].get(path).status_code == 404


@pytest.mark.parametrize("path, megabytes, status", [("/files/", 25, 200), ("/files/", 27, 413), ("/api/v1/reports/", 27, 413), ("/city/cases/x/act/", 30, 200)])
def test_bodies_are_bounded(site: Site, path: str, megabytes: int, status: int) -> None:
    client = site[0]
    try:
        found = client.post(path, content=b"x" * megabytes * 1024 * 1024).status_code
    except httpx.WriteError:  # the proxy hung up before the rest was sent
        found = 413
    assert found == status


def test_the_live_stream_is_not_held_back(site: Site) -> None:
    """The first line is here while the sender still sends: it takes two seconds to end."""
    began = time.monotonic()
    with site[0].stream("GET", "/live/") as response:
        lines = response.iter_lines()
        first = next(lines)
        early = time.monotonic() - began
        rest = [line for line in lines if line]
        late = time.monotonic() - began
    assert first == "data: 0"
    assert len(rest) == 2
    assert late - early > 0.7


def test_the_log_holds_no_question(site: Site) -> None:
    client, _plain, folder = site
    client.get("/search/?q=13800001234")
    end = time.monotonic() + 10
    while "/search/" not in (log := (folder / "access.log").read_text()) and time.monotonic() < end:
        time.sleep(0.1)
    assert "/search/" in log
    assert "13800001234" not in log
