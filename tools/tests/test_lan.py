"""HTTPS for phones: an authority of one's own that may sign for little, renewed certificates, a page that leads in."""

import http.client
import os
import re
import socket
import ssl
import stat
import subprocess
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tools import lan, lan_page
from tools.place import Place
from tools.say import Stop

NAME = "yiwang.test"


@pytest.fixture
def where(tmp_path):
    place = Place(tmp_path / "data")
    place.make()
    return place


@pytest.fixture
def addresses(monkeypatch):
    monkeypatch.setattr(lan, "own_addresses", lambda: ["192.168.7.20", "203.0.113.9"])


def read(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.mark.parametrize(("given", "name"), [("Yiwang.Local", "yiwang.local"), ("yiwang", "yiwang"), ("192.168.1.5", "192.168.1.5"), ("[fd00::5]", "fd00::5"), ("a.b.", "a.b")])
def test_names(given, name):
    assert lan.checked(given) == name


@pytest.mark.parametrize("given", ["", " ", "a b", "-x", "x" * 64, "https://x", "x/y", "名字", "*.x", 'x"y'])
def test_what_is_no_name_is_refused(given):
    with pytest.raises(Stop, match="no host name"):
        lan.checked(given)


def test_the_authority_may_sign_for_little_and_its_key_is_hidden(where, addresses):
    made = lan.prepare(where, NAME)
    ca, server = read(made.folder / "ca.crt"), read(made.folder / "server.crt")
    server.verify_directly_issued_by(ca)
    permitted = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert permitted.critical
    names = {str(n.value) for n in permitted.value.permitted_subtrees}
    assert {NAME, "localhost", "192.168.0.0/16", "203.0.113.9/32"} <= names
    assert "0.0.0.0/0" not in names
    assert (server.not_valid_after_utc - server.not_valid_before_utc).days <= 398
    assert {str(n.value) for n in server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value} == {
        NAME, "192.168.7.20", "203.0.113.9", "localhost", "127.0.0.1", "::1",
    }  # fmt: skip
    for key in ("ca.key", "server.key"):
        assert stat.S_IMODE((made.folder / key).stat().st_mode) == 0o600


def test_phones_keep_their_authority_and_their_port(where, addresses, monkeypatch):
    first = lan.prepare(where, NAME)
    ca, server = (read(first.folder / n).fingerprint(lan.hashes.SHA256()) for n in ("ca.crt", "server.crt"))
    again = lan.prepare(where, NAME)
    assert (again.https_port, again.page_port) == (first.https_port, first.page_port)
    assert [read(again.folder / n).fingerprint(lan.hashes.SHA256()) for n in ("ca.crt", "server.crt")] == [ca, server]
    monkeypatch.setattr(lan, "own_addresses", lambda: ["192.168.7.99"])
    moved = lan.prepare(where, NAME)
    assert read(moved.folder / "ca.crt").fingerprint(lan.hashes.SHA256()) == ca, "phones notice nothing"
    assert read(moved.folder / "server.crt").fingerprint(lan.hashes.SHA256()) != server
    monkeypatch.setattr(lan, "SERVER_DAYS", 10)
    (moved.folder / "server.crt").unlink()
    lan.certificate(moved)
    short = read(moved.folder / "server.crt")
    monkeypatch.setattr(lan, "SERVER_DAYS", 395)
    lan.prepare(where, NAME)
    assert read(moved.folder / "server.crt").not_valid_after_utc > short.not_valid_after_utc > datetime.now(UTC) + timedelta(days=9), "renewed in time"
    other = lan.prepare(where, "other.test")
    assert read(other.folder / "ca.crt").fingerprint(lan.hashes.SHA256()) != ca, "another name needs another authority"
    with socket.create_server(("0.0.0.0", first.https_port)), pytest.raises(Stop, match="phones know"):
        lan.prepare(where, "other.test")


def test_the_page_leads_in_and_gives_nothing_else(where, addresses):
    made = lan.prepare(where, NAME)
    served = lan_page.server(made.folder, 0, "127.0.0.1")
    threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    base = f"http://127.0.0.1:{served.server_port}"
    try:
        with urllib.request.urlopen(f"{base}/") as answer:
            page = answer.read().decode()
        assert page.count("<svg") == 2
        assert f"https://{NAME}:{made.https_port}/city/phone/" in page
        assert f"http://192.168.7.20:{made.page_port}/" in page
        assert lan.fingerprint(made).split(":")[0] in page
        assert not re.search(r"<script|src=", page)
        with urllib.request.urlopen(f"{base}/ca.crt") as answer:
            assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
            assert answer.read() == (made.folder / "ca.crt").read_bytes()
        for path in ("/ca.key", "/server.key", "/../secrets", "/lan.json", "/%2e%2e/env"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(base + path)
            assert refused.value.code == 404
    finally:
        served.shutdown()
        served.server_close()


def ask(lan_, path, *, host=NAME, verify=True, sni=NAME):
    context = ssl.create_default_context(cafile=str(lan_.folder / "ca.crt")) if verify else ssl.create_default_context()
    raw = socket.create_connection(("127.0.0.1", lan_.https_port), timeout=10)
    connection = http.client.HTTPSConnection(host, lan_.https_port, context=context, timeout=20)
    with raw:
        connection.sock = context.wrap_socket(raw, server_hostname=sni)
    connection.request("GET", path, headers={"Host": f"{host}:{lan_.https_port}"})
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


@pytest.mark.committed
def test_the_platform_answers_by_https_that_the_authority_vouches_for(where, addresses):
    from django.conf import settings

    made = lan.prepare(where, NAME)
    database = settings.DATABASES["default"]
    env = {
        **os.environ, **made.environment, "YIWANG_PG_NAME": database["NAME"], "YIWANG_PG_HOST": database["HOST"], "YIWANG_PG_PORT": str(database["PORT"]),
        "YIWANG_DATA_DIR": str(where.data), "YIWANG_DEBUG": "", "DJANGO_SETTINGS_MODULE": "yiwang.site.settings",
    }  # fmt: skip
    env.pop("DATABASE_URL", None)
    served = subprocess.Popen(made.services[0]["command"], env=env)
    try:
        end = time.monotonic() + 40
        while True:
            try:
                page = ask(made, "/accounts/login/")
                break
            except (ConnectionError, OSError):
                assert time.monotonic() < end, "it does not answer"
                assert served.poll() is None
                time.sleep(0.2)
        assert page.status == 200
        assert b"csrfmiddlewaretoken" in page.body
        assert all("Secure" in cookie for cookie in page.headers.get_all("Set-Cookie"))
        assert ask(made, "/accounts/login/", host="192.168.7.20", sni="192.168.7.20").status == 200
        assert ask(made, "/accounts/login/", host="evil.test", sni=NAME).status == 400, "a host that is not ours"
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(made, "/", verify=False)
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(made, "/", sni="other.test")
    finally:
        served.terminate()
        served.wait(timeout=20)
