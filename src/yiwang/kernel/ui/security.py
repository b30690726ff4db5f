"""What browsers may do with our answers: the content security policy, and the other headers, for every kind of answer.

Pages take scripts, styles, workers and data from here and from nowhere else, and nothing inline: islands write styles
through the CSSOM, which the policy allows, templates never by a style attribute. tests/security holds it in Chromium.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from yiwang.kernel.base import headers
from yiwang.kernel.ui.live import live_origin

# Photos are previewed as blob:, small pictures of the style sheet are data:.
POLICY = "; ".join((
    "default-src 'self'", "script-src 'self'", "worker-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
    "media-src 'self' blob:", "font-src 'self' data:", "connect-src 'self'", "manifest-src 'self'", "object-src 'none'",
    "frame-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
))  # fmt: skip
# A worker lives under the policy of its own script, so scripts get one that lets them fetch from here.
STATIC_POLICY = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
PICTURE_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; sandbox"  # an SVG that somebody opens by itself
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?")  # nothing that could add to the policy
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class SecurityHeadersMiddleware:
    """Dress every answer; what a view set itself stays. Stands outside of whatever else may answer (redirects, static files)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in headers.COMMON.items():
            response.headers.setdefault(name, value)
        if response.headers.get("Access-Control-Allow-Origin") == "*":  # public facts, meant for other sites
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if policy := _policy(request, response, kind):
            response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Cache-Control", "no-store" if _is_somebody(request) else "private, no-cache")
        return response


def _policy(request: HttpRequest, response: HttpResponseBase, kind: str) -> str:
    if request.path.startswith(settings.STATIC_URL):
        return PICTURE_POLICY if kind == "image/svg+xml" else STATIC_POLICY
    if kind != "text/html":
        return headers.NOTHING
    if settings.DEBUG and response.status_code == 500:  # Django's own page for developers has scripts
        return ""
    origins = " ".join(part for part in (live_origin(request), *_tile_hosts()) if part)
    return POLICY.replace("connect-src 'self'", f"connect-src 'self' {origins}") if origins else POLICY


def _tile_hosts() -> list[str]:
    """Return scheme and host of the map services that the installation names (settings.MAP_TILE_URLS), each once; browsers ask them."""
    parts = [urlsplit(address) for address in settings.MAP_TILE_URLS]
    return list(dict.fromkeys(f"{p.scheme}://{p.netloc}" for p in parts if p.scheme in ("https", "http") and _HOST.fullmatch(p.netloc)))


def _is_somebody(request: HttpRequest) -> bool:
    """Say whether the answer may concern one person: he sent a session (a stranger's half-written report has one, too) or a key."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES or any(h in request.headers for h in ("Authorization", "X-Api-Key"))
