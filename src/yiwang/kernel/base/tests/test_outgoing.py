"""The one way out over HTTP: inner addresses refused however they are written, names pinned, redirects checked, bounds held."""

import ast
import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import httpcore
import pytest

from yiwang.kernel.base import logs, outgoing
from yiwang.kernel.base.outgoing import is_open, request
from yiwang.kernel.base.outgoing_errors import OutgoingFailed, OutgoingRefused

HERE = "127.0.0.0/8"  # what these tests allow, and only where they say so


class Handler(BaseHTTPRequestHandler):
    """A far system: remembers what it was asked and answers by the path."""

    def do_GET(self):
        self.server.seen.append((self.server.server_address[0], self.command, self.path, dict(self.headers)))
        length = int(self.headers.get("Content-Length") or 0)
        self.server.bodies.append(self.rfile.read(length))
        if self.path.startswith("/to/"):
            self.send_response(int(self.path.split("/")[2]))
            self.send_header("Location", self.path.split("/", 3)[3])
            self.end_headers()
        elif self.path == "/large":
            self.send_response(200)
            self.end_headers()
            for _ in range(40):
                self.wfile.write(b"x" * 65536)
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(200):
                self.wfile.write(b".")
                self.wfile.flush()
                time.sleep(0.05)
        elif self.path == "/packed":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(b"\x1f\x8b")
        else:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"ok": true}')

    do_POST = do_PUT = do_GET

    def log_message(self, *args):
        pass


class Far(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):  # a client that leaves is what some of these tests do
        pass


@pytest.fixture
def far():
    """Servers on several addresses of this machine, with one port: `far("127.0.0.2")`."""
    made, port = [], 0

    def start(address="127.0.0.1"):
        nonlocal port
        server = Far((address, port), Handler)
        server.seen, server.bodies, port = [], [], server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        made.append(server)
        return server

    yield start
    for server in made:
        server.shutdown()
        server.server_close()


def url(server, path="/", host=""):
    return f"http://{host or server.server_address[0]}:{server.server_address[1]}{path}"


@pytest.fixture
def names(monkeypatch):
    """Names with a list of answers each, one for every time that the resolver is asked."""
    table, asked, real = {}, [], socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        if host[0].isdigit():  # an address, not a name
            return real(host, port, *args, **kwargs)
        asked.append(host)
        answers = table[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in found]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", getaddrinfo)
    return table, asked


@pytest.mark.parametrize("address", [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.5", "172.16.3.4", "192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254",
    "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
])  # fmt: skip
def test_inner_addresses_are_closed_however_they_are_written(address):
    assert not is_open(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "64:ff9b::0101:0101"])
def test_public_addresses_are_open(address):
    assert is_open(ip_address(address))


@pytest.mark.parametrize("target", [
    "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data/",
    "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "ftp://1.1.1.1/", "file:///etc/passwd",
    "http://user:pw@1.1.1.1/", "gopher://1.1.1.1/",
])  # fmt: skip
def test_what_is_not_to_be_called_is_refused_in_words(target, monkeypatch):
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *a, **k: pytest.fail("connected"))
    with pytest.raises((OutgoingRefused, OutgoingFailed)) as refused:
        request("GET", target, purpose="test")
    assert len(refused.value.detail()) > 20
    if "1.1.1.1" not in target and not target.startswith(("http://2", "http://0")):
        assert refused.type is OutgoingRefused


def test_an_allowed_network_is_called_and_the_answer_comes_back(far, settings):
    settings.OUTGOING_ALLOW = (HERE,)
    server = far()
    with logs.bound(request_id="0199-quote-me"):
        answer = request("POST", url(server, "/send"), purpose="test", json={"to": "x"}, params={"a": "1"})
    assert (answer.status, answer.json(), answer.is_ok) == (200, {"ok": True}, True)
    _address, method, path, headers = server.seen[0]
    assert (method, path, server.bodies[0]) == ("POST", "/send?a=1", b'{"to":"x"}')
    assert headers["X-Request-Id"] == "0199-quote-me"
    assert headers["Accept-Encoding"] == "identity"


def test_a_name_is_resolved_once_and_the_connection_goes_there(far, names, settings):
    """Rebinding: the second answer of the resolver would lead to an inner address; it is never asked for."""
    table, asked = names
    outer, inner = far("127.0.0.2"), far("127.0.0.1")
    settings.OUTGOING_ALLOW = ("127.0.0.2/32",)
    table["rebind.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    assert request("GET", url(outer, host="rebind.example"), purpose="test").is_ok
    assert (len(outer.seen), len(inner.seen), asked) == (1, 0, ["rebind.example"])
    assert outer.seen[0][3]["Host"].startswith("rebind.example:"), "the other side still hears its name"
    with pytest.raises(OutgoingRefused):  # the second call is a new question, and checked again
        request("GET", url(outer, host="rebind.example"), purpose="test")
    assert inner.seen == []


def test_one_inner_address_among_several_spoils_the_name(far, names, settings):
    server = far("127.0.0.2")
    settings.OUTGOING_ALLOW = ("127.0.0.2/32",)
    names[0]["mixed.example"] = [["127.0.0.2", "10.0.0.1"]]
    with pytest.raises(OutgoingRefused):
        request("GET", url(server, host="mixed.example"), purpose="test")
    assert server.seen == []


def test_a_host_allowed_by_name_may_be_private_but_never_this_machine(names, settings):
    settings.OUTGOING_ALLOW = ("sms.inner.example",)
    assert is_open(ip_address("10.3.2.1"), "sms.inner.example")
    assert not is_open(ip_address("10.3.2.1"), "other.example")
    for address in ("127.0.0.1", "169.254.169.254", "100.100.100.200"):
        assert not is_open(ip_address(address), "sms.inner.example")


def test_redirects_are_checked_anew(far, settings):
    server = far("127.0.0.2")
    settings.OUTGOING_ALLOW = ("127.0.0.2/32",)
    with pytest.raises(OutgoingRefused):
        request("GET", url(server, "/to/302/http://169.254.169.254/latest/"), purpose="test")
    with pytest.raises(OutgoingRefused):
        request("GET", url(server, "/to/302/file:///etc/passwd"), purpose="test")
    with pytest.raises(OutgoingFailed):
        request("GET", url(server, f"/to/302/{url(server, '/to/302/x')}"), purpose="test", most_redirects=0)


def test_a_redirect_carries_no_secret_to_another_host(far, settings):
    one, two = far("127.0.0.2"), far("127.0.0.3")
    settings.OUTGOING_ALLOW = (HERE,)
    secrets = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Accept": "text/plain"}
    answer = request("POST", url(one, f"/to/303/{url(two, '/there')}"), purpose="test", headers=secrets, content=b"body")
    assert answer.is_ok
    assert "s3cret" in str(one.seen[0][3])
    _address, method, _path, headers = two.seen[0]
    assert (method, two.bodies[0], {k.lower(): v for k, v in headers.items()}["accept"]) == ("GET", b"", "text/plain")
    assert "s3cret" not in str(headers)
    kept = request("PUT", url(one, f"/to/307/{url(one, '/same')}"), purpose="test", headers=secrets, content=b"body")
    assert kept.is_ok
    assert (one.seen[-1][1], one.bodies[-1], one.seen[-1][3]["Authorization"]) == ("PUT", b"body", "Bearer s3cret")


def test_size_time_and_packing_are_bounded(far, settings, tmp_path):
    settings.OUTGOING_ALLOW = (HERE,)
    server = far()
    with pytest.raises(OutgoingFailed) as large:
        request("GET", url(server, "/large"), purpose="test", most_bytes=1_000_000)
    with pytest.raises(OutgoingFailed):
        request("GET", url(server, "/drip"), purpose="test", timeout_s=0.5)
    with pytest.raises(OutgoingFailed):
        request("GET", url(server, "/packed"), purpose="test")
    assert large.value.status == 502
    with (tmp_path / "got").open("wb") as sink:
        answer = request("GET", url(server, "/large"), purpose="test", sink=sink)
    assert (answer.body, (tmp_path / "got").stat().st_size) == (b"", 40 * 65536)


def test_nothing_there_is_a_refusal_in_words_not_a_fault(settings):
    settings.OUTGOING_ALLOW = (HERE,)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OutgoingFailed):
        request("GET", f"http://127.0.0.1:{port}/", purpose="test")
    with pytest.raises(OutgoingFailed):
        request("GET", "http://no-such-name.invalid/", purpose="test")


class Proxy(threading.Thread):
    """A proxy that knows CONNECT and leads every tunnel to one server."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.listening, self.port, self.heads = socket.create_server(("127.0.0.1", 0)), port, []

    def run(self):
        connection, _ = self.listening.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1024)
        self.heads.append(head.decode())
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.port)) as there:
            there.sendall(connection.recv(65536))
            while part := there.recv(65536):
                connection.sendall(part)
        connection.close()
        self.listening.close()


def test_a_proxy_gets_the_checked_address(far, names, settings):
    server = far()
    proxy = Proxy(server.server_address[1])
    proxy.start()
    settings.OUTGOING_PROXY = f"http://me:pa%40ss@127.0.0.1:{proxy.listening.getsockname()[1]}"
    names[0]["outside.example"] = [["1.1.1.1"], ["127.0.0.1"]]
    names[0]["inside.example"] = [["10.1.1.1"]]
    assert request("GET", "http://outside.example:8080/x", purpose="test").is_ok
    assert proxy.heads[0].startswith("CONNECT 1.1.1.1:8080 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6cGFAc3M=" in proxy.heads[0]
    assert server.seen[0][3]["Host"] == "outside.example:8080"
    with pytest.raises(OutgoingRefused):
        request("GET", "http://inside.example/", purpose="test")


def test_production_does_not_send_in_the_clear(settings, names):
    settings.PRODUCTION = True
    names[0]["far.example"] = [["1.1.1.1"]]
    with pytest.raises(OutgoingRefused):
        request("GET", "http://far.example/", purpose="test")


def test_the_log_names_host_and_purpose_and_no_secret(far, settings, caplog):
    settings.OUTGOING_ALLOW = (HERE,)
    server = far()
    with caplog.at_level(logging.INFO, logger="yiwang.outgoing"):
        request("POST", url(server, "/hook/T0P-SECRET"), purpose="webhook", params={"access_token": "s3cret"},
                headers={"Authorization": "Bearer s3cret"}, json={"phone": "13800001234"})  # fmt: skip
        with pytest.raises(OutgoingRefused):
            request("GET", "http://10.0.0.1/T0P-SECRET?token=s3cret", purpose="webhook")
    said = caplog.text
    assert "webhook POST to http://127.0.0.1" in said
    assert "base.outgoing-refused" in said
    for secret in ("s3cret", "T0P-SECRET", "13800001234"):
        assert secret not in said


CLIENTS = {"httpx", "httpcore", "requests", "urllib3", "aiohttp", "http.client", "urllib.request", "ftplib", "pycurl", "websockets", "boto3", "botocore"}
# Clients of their own that may be imported elsewhere, and why.
ALLOWED = {
    "yiwang/kernel/base/outgoing.py": "the one way out",
    "yiwang/kernel/backup/stores/s3.py": "signs and streams gigabytes to the one store that an administrator's setting names",
}


def test_nothing_else_has_an_http_client():
    source = Path(outgoing.__file__).resolve().parents[3]
    found = []
    for file in sorted(source.rglob("*.py")):
        name = str(file.relative_to(source))
        if "/tests/" in name or name in ALLOWED or not name.startswith("yiwang/"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
            found += [f"{name}:{node.lineno}: {m}" for m in modules if any(m == c or m.startswith(c + ".") for c in CLIENTS)]
    assert not found, "call kernel.base.outgoing.request instead:\n" + "\n".join(found)
