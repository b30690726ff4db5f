"""Which header stands on which kind of answer: one table, asked over HTTPS as production is."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client

from tests import walk
from yiwang.kernel.base.headers import NOTHING
from yiwang.kernel.exchange import stream
from yiwang.kernel.ui.security import PICTURE_POLICY, POLICY, STATIC_POLICY

PAGE, DATA = POLICY, NOTHING
NO_STORE, FRESH = "no-store", "private, no-cache"
HSTS = "max-age=31536000; includeSubDomains"
SAME = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": HSTS,
}  # fmt: skip
# kind of answer: status, policy, cache, cross-origin resource policy
TABLE: dict[str, tuple[int, str, str, str]] = {
    "page":             (200, PAGE, NO_STORE, "same-origin"),
    "page for all":     (200, PAGE, FRESH, "same-origin"),
    "part of a page":   (200, PAGE, NO_STORE, "same-origin"),
    "sent to sign in":  (302, PAGE, FRESH, "same-origin"),
    "API":              (200, DATA, NO_STORE, "same-origin"),
    "API with a key":   (200, DATA, NO_STORE, "same-origin"),
    "API refused":      (401, DATA, FRESH, "same-origin"),
    "file":             (200, "default-src 'none'; sandbox", "private, max-age=3600", "same-origin"),
    "personal file":    (200, "default-src 'none'; sandbox", NO_STORE, "same-origin"),
    "script":           (200, STATIC_POLICY, "max-age=60, public", "same-origin"),
    "drawing":          (200, PICTURE_POLICY, "max-age=60, public", "same-origin"),
    "open data":        (200, DATA, FRESH, "cross-origin"),
    "not found":        (404, PAGE, NO_STORE, "same-origin"),
    "forged form":      (403, PAGE, FRESH, "same-origin"),
    "our own fault":    (500, PAGE, NO_STORE, "same-origin"),
    "plain HTTP":       (301, PAGE, FRESH, "same-origin"),
    "too many":         (429, PAGE, FRESH, "same-origin"),
    "live refused":     (401, DATA, NO_STORE, "same-site"),
    "live":             (200, DATA, NO_STORE, "same-site"),
}  # fmt: skip
Answer = tuple[int, dict[str, str]]


def of(response: Any) -> Answer:
    return response.status_code, dict(response.headers)


def live(monkeypatch: pytest.MonkeyPatch, actor: Any) -> Answer:
    """Ask the live stream, which is no Django, and hang up at once."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def nobody(_last: str, _viewer: Any, _send: Any) -> None:
        await asyncio.sleep(0)

    async def begun(_hub: Any) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(stream, "_catch_up", nobody)
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(stream.Hub, "begin", begun)
    monkeypatch.setattr(stream, "_actor_of", lambda _key: actor)
    cookie = [(b"cookie", b"sessionid=x")] if actor else []
    with ThreadPoolExecutor(1) as pool:  # a browser of an earlier test has its loop in this thread
        pool.submit(asyncio.run, stream.application({"type": "http", "path": "/live/", "method": "GET", "headers": cookie}, receive, send)).result()
    head = sent[0]
    return head["status"], {k.decode().title(): v.decode() for k, v in head["headers"]}


@pytest.fixture
def ask(world: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[[str], Answer]:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_SSL_REDIRECT = 365 * 86400, True, True
    settings.STATIC_ROOT, settings.WHITENOISE_USE_FINDERS, settings.STATICFILES_DIRS = tmp_path, False, []
    (tmp_path / "island.js").write_text("export {}")
    (tmp_path / "icons.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    clerk, nobody = world.client("acceptor"), Client(raise_request_exception=False)
    clerk.raise_request_exception = False

    def file(**more: Any) -> Any:
        from yiwang.kernel.files.models import Attachment

        uid = walk.upload(world.actor("acceptor"))
        Attachment.objects.filter(uid=uid).update(**more)
        return clerk.get(f"/files/{uid}/", secure=True)

    def fault() -> Any:
        monkeypatch.setattr("yiwang.kernel.ui.pages.shell.shell_of", lambda _request: 1 / 0)
        return clerk.get("/", secure=True)

    def too_many() -> Any:
        settings.RATE_LIMITS = {"open-page": (1, 600)}
        return [nobody.get("/accounts/login/", secure=True) for _ in range(2)][-1]

    def key() -> Any:
        from yiwang.kernel.base.actor import system
        from yiwang.kernel.identity.models import Role
        from yiwang.kernel.identity.services import create_client

        _row, found = create_client(system(), code="probe", name="Probe", role=Role.objects.get(code="open311_client"))
        return nobody.get("/api/v1/me", secure=True, headers={"X-Api-Key": found})

    strict = Client(enforce_csrf_checks=True)
    found: dict[str, Callable[[], Any]] = {
        "page": lambda: clerk.get("/city/desk/", secure=True),
        "page for all": lambda: nobody.get("/report/", secure=True),
        "part of a page": lambda: clerk.get("/city/desk/", secure=True, headers={"HX-Request": "true"}),
        "sent to sign in": lambda: nobody.get("/city/desk/", secure=True),
        "API": lambda: clerk.get("/api/v1/me", secure=True),
        "API with a key": key,
        "API refused": lambda: nobody.get("/api/v1/me", secure=True),
        "file": file,
        "personal file": lambda: file(is_personal=True),
        "script": lambda: nobody.get("/static/island.js", secure=True),
        "drawing": lambda: nobody.get("/static/icons.svg", secure=True),
        "open data": lambda: nobody.get("/open311/v2/services.json", secure=True),
        "not found": lambda: clerk.get("/nothing/here/", secure=True),
        "forged form": lambda: strict.post("/ui/theme/", {"theme": "dark"}, secure=True),
        "our own fault": fault,
        "plain HTTP": lambda: nobody.get("/accounts/login/"),
        "too many": too_many,
    }

    def answer(kind: str) -> Answer:
        if kind.startswith("live"):
            return live(monkeypatch, world.actor("acceptor") if kind == "live" else None)
        return of(found[kind]())

    return answer


@pytest.mark.parametrize("kind", TABLE)
def test_header_by_kind_of_answer(ask: Callable[[str], Answer], kind: str) -> None:
    status, policy, cache, shared = TABLE[kind]
    found, headers = ask(kind)
    wanted = SAME | {
        "Content-Security-Policy": policy, "Cache-Control": cache, "Cross-Origin-Resource-Policy": shared,
    }  # fmt: skip
    if kind == "plain HTTP":
        wanted.pop("Strict-Transport-Security")  # a browser does not believe it over plain HTTP
    if policy == PAGE and kind in ("sent to sign in", "plain HTTP"):
        headers["Content-Security-Policy"] = headers["Content-Security-Policy"].replace(NOTHING, PAGE)  # no body, either will do
    assert found == status
    assert {name: headers.get(name) for name in wanted} == wanted
    assert "geolocation=(self)" in headers["Permissions-Policy"]
    assert "usb=()" in headers["Permissions-Policy"]
    assert "Server" not in headers or "/" not in headers["Server"]


def test_signing_out_clears_what_the_browser_kept(world: Any) -> None:
    clerk = world.client("acceptor")
    assert "Clear-Site-Data" not in clerk.get("/accounts/logout/", secure=True)
    assert "Clear-Site-Data" not in clerk.get("/city/desk/", secure=True)
    left = clerk.post("/accounts/logout/", secure=True)
    assert left["Clear-Site-Data"] == '"cache"', "no storage: the phone's reports that are not sent yet lie there"
    assert "no-store" in left["Cache-Control"]


def test_no_policy_allows_what_is_inline() -> None:
    for policy in (POLICY, NOTHING, STATIC_POLICY, PICTURE_POLICY):
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"https?:|\*", policy), "everything comes from here"


def test_the_live_stream_tells_only_our_own_pages(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["yiwang.example"]

    def allowed(origin: str) -> bytes | None:
        return stream._allowed_origin({"headers": [(b"origin", origin.encode())]})

    assert allowed("https://yiwang.example") == b"https://yiwang.example"
    assert allowed("https://evil.example") is None
    assert allowed("http://localhost:8000") == b"http://localhost:8000"
    settings.PRODUCTION = True
    assert allowed("http://localhost:8000") is None


COOKIES = """
from yiwang.site import settings as s
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.LANGUAGE_COOKIE_SECURE,
      s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SAMESITE,
      getattr(s, "SESSION_COOKIE_DOMAIN", None), s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT)
"""


def production(more: dict[str, str], tmp_path: Any) -> subprocess.CompletedProcess[str]:
    import os

    from tools.database import python_env

    env = {k: v for k, v in os.environ.items() if not k.startswith("YIWANG_")} | python_env()
    env |= {"YIWANG_PRODUCTION": "1", "YIWANG_DATA_DIR": str(tmp_path), **more}
    return subprocess.run([sys.executable, "-c", COOKIES], env=env, capture_output=True, text=True, check=False)


def test_production_cookies_are_bound_to_the_host(tmp_path: Any) -> None:
    keys = {f"YIWANG_{n}": "x" * 50 for n in ("SECRET_KEY", "FIELD_KEY", "BLIND_INDEX_KEY", "SEAL_KEY")}
    said = production(keys, tmp_path)
    assert said.stdout.split() == [
        "__Host-sessionid", "__Host-csrftoken", "True", "True", "True", "True", "True", "Lax", "Lax", "None", "31536000", "True",
    ], said.stderr  # fmt: skip


def test_production_does_not_start_on_development_keys(tmp_path: Any) -> None:
    said = production({}, tmp_path)
    assert said.returncode != 0
    assert "YIWANG_SECRET_KEY is not set" in said.stderr
