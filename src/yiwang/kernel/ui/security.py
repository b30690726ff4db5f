"""The content security policy of every page: scripts, workers and data come from here and from nowhere else."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from yiwang.kernel.ui.live import live_origin

# Charts, maps and diagrams write style attributes, hence 'unsafe-inline' for styles; photos are previewed as blob:.
POLICY = "; ".join((
    "default-src 'self'", "script-src 'self'", "worker-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:",
    "media-src 'self' blob:", "font-src 'self' data:", "connect-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
    "frame-ancestors 'none'",
))  # fmt: skip
PERMISSIONS = "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()"


class ContentSecurityPolicyMiddleware:
    """Put the policy on every HTML answer that has none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        html = response.headers.get("Content-Type", "").startswith("text/html")
        if html and not (settings.DEBUG and response.status_code == 500):  # Django's own page for developers has scripts
            origin = live_origin(request)
            policy = POLICY.replace("connect-src 'self'", f"connect-src 'self' {origin}") if origin else POLICY
            response.headers.setdefault("Content-Security-Policy", policy)
            response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
