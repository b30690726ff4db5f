"""Where a page listens for what moves (实时刷新): the live stream's address as the reader's browser reaches it."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def live_origin(request: HttpRequest) -> str:
    """Return scheme, host and port of the stream; empty when none runs.

    On a machine of one's own the stream has a port beside the web's: the reader may have typed localhost or an address,
    so the host is the one that he used, which is also the one that has his session.
    """
    if not settings.LIVE_URL:
        return ""
    parts = urlsplit(settings.LIVE_URL)
    if parts.hostname not in ("127.0.0.1", "localhost") or parts.port is None:
        return f"{parts.scheme}://{parts.netloc}"
    host = request.get_host().rsplit(":", 1)[0] if not request.get_host().endswith("]") else request.get_host()
    return f"{parts.scheme}://{host}:{parts.port}"


def live_address(request: HttpRequest) -> str:
    """Return the address of the stream for somebody signed in; empty for the public."""
    origin = live_origin(request)
    return f"{origin}/live/" if origin and request.user.is_authenticated else ""
