"""Calls over TLS: a certificate that has expired, is for another name, or from nobody we know, is refused in words, unsent."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import translation

from yiwang.kernel.base import outgoing
from yiwang.kernel.base.outgoing import request
from yiwang.kernel.base.outgoing_errors import OutgoingUntrusted

NAME = "level-up.example.cn"
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: str, issuer: str, public: Any, begins: datetime, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(_name(issuer)).public_key(public)
        .serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    )  # fmt: skip


class Issuer:
    """A certificate authority of the test's own (a city's inner one)."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        made = _builder("Own CA", "Own CA", self.key.public_key(), NOW - 900 * DAY, NOW + 900 * DAY)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, begins: datetime, ends: datetime, *, by: ec.EllipticCurvePrivateKey | None = None) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(name, "Own CA", key.public_key(), begins, ends)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        found = made.sign(by or self.key, hashes.SHA256())
        file = self.folder / f"server-{found.serial_number}.pem"
        plain = serialization.NoEncryption()
        key_bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        file.write_bytes(key_bytes + found.public_bytes(serialization.Encoding.PEM))
        return file


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("ca"))


class Far(BaseHTTPRequestHandler):
    seen: list[str]

    def do_POST(self) -> None:
        self.server.seen.append(self.rfile.read(int(self.headers["Content-Length"])).decode())  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class TlsServer(HTTPServer):
    def handle_error(self, *_: Any) -> None:
        """The caller hangs up in the middle of the handshake: that is what is tested."""


@pytest.fixture
def serve(settings: Any, monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> Iterator[Any]:
    servers = []
    settings.OUTGOING_ALLOW, settings.OUTGOING_CA, settings.OUTGOING_PROXY = ["127.0.0.0/8"], str(issuer.file), ""
    monkeypatch.setattr(outgoing, "lookup", lambda host, port: [ip_address("127.0.0.1")])
    outgoing._tls.cache_clear()

    def begin(certificate: Path) -> TlsServer:
        server = TlsServer(("127.0.0.1", 0), Far)
        server.seen = []  # type: ignore[attr-defined]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()
    outgoing._tls.cache_clear()


def send(server: TlsServer) -> Any:
    return request("POST", f"https://{NAME}:{server.server_port}/cases", purpose="level-up", content=b"secret")


def test_a_good_certificate_of_the_own_issuer_is_taken(serve: Any, issuer: Issuer) -> None:
    server = serve(issuer.issue(NAME, NOW - DAY, NOW + DAY))
    assert send(server).status == 200
    assert server.seen == ["secret"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("expired", "其证书已过期"), ("early", "其证书尚未生效"), ("name", "其证书属于其他域名"), ("stranger", "并非由受信任的机构颁发")],
)
def test_a_wrong_one_is_refused_in_words_and_nothing_is_sent(serve: Any, issuer: Issuer, wrong: str, says: str) -> None:
    begins, ends = {"expired": (NOW - 90 * DAY, NOW - DAY), "early": (NOW + DAY, NOW + 90 * DAY)}.get(wrong, (NOW - DAY, NOW + DAY))
    stranger = ec.generate_private_key(ec.SECP256R1()) if wrong == "stranger" else None
    server = serve(issuer.issue("other.example.cn" if wrong == "name" else NAME, begins, ends, by=stranger))
    with translation.override("zh-hans"), pytest.raises(OutgoingUntrusted) as refused:
        send(server)
    assert says in refused.value.detail()
    assert NAME in refused.value.detail()
    assert "未发送任何内容" in refused.value.detail()
    assert server.seen == []
