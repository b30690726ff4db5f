"""People of the sample county who sign in as anybody does, over kept connections."""

from __future__ import annotations

import http.client
import re
import time
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from sample.people import PASSWORD

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """One person's browser: cookies, one kept connection, no scripts and no pictures."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}

    def request(self, method: str, path: str, form: dict[str, str] | None = None, accept: str = "text/html") -> tuple[int, bytes]:
        """Send one request; returns status and body. Redirects are not followed."""
        headers = {"Accept": accept, "Accept-Language": "zh-CN", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://127.0.0.1:{self.port}{path}"}
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # kept too long without a request
            self.connection.close()
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        content = response.read()
        for line in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return response.status, content

    def get(self, path: str, accept: str = "text/html") -> bytes:
        status, content = self.request("GET", path, accept=accept)
        if status != 200:
            raise SystemExit(f"GET {path} answered {status}: {content[:300]!r}")
        return content

    def sign_in(self, username: str) -> Browser:
        """Sign in by the form."""
        for attempt in range(3):
            token = _TOKEN.search(self.get("/accounts/login/").decode())
            if token is None:
                raise SystemExit("the sign-in page has no form")
            status, content = self.request(
                "POST", "/accounts/login/",
                {"csrfmiddlewaretoken": token.group(1), "login": username, "password": PASSWORD},
            )  # fmt: skip
            if status == 302:
                return self
            if status != 429:
                raise SystemExit(f"{username} cannot sign in: {status} {content[:300]!r}")
            time.sleep(5 * (attempt + 1))
        raise SystemExit(f"{username} cannot sign in: too many attempts")
