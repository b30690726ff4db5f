"""Who called, when a reverse proxy stands in front: its word is taken only when the proxy is one of ours."""

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_TOLD = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_X_REAL_IP", "HTTP_FORWARDED")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=64)
def networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    """Return addresses and networks as networks.

    Raises
    ------
    ValueError
        One of them is neither; at the start this stops the process, with the name in the error.
    """
    return tuple(ipaddress.ip_network(name) for name in names)


def is_inside(address: str, names: Iterable[str]) -> bool:
    """Say whether an address lies in one of the networks; what is no address lies in none.

    >>> is_inside("10.1.2.3", ["10.0.0.0/8"]), is_inside("a name", ["10.0.0.0/8"])
    (True, False)
    """
    found = _address(address)
    return found is not None and any(found in network for network in networks(tuple(names)))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


class TrustedProxyMiddleware:
    """Put the client's own address and scheme in place of the proxy's; from anybody else these headers are dropped.

    X-Forwarded-For is read from the right: each trusted proxy added the address that it saw, and the first address that
    is not a trusted proxy is the client's. What stands further left was written by the client himself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        networks(tuple(settings.TRUSTED_PROXIES))  # a wrong one stops the start

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = {name: request.META.pop(name, "") for name in _TOLD}
        ours = tuple(settings.TRUSTED_PROXIES)
        if is_inside(request.META.get("REMOTE_ADDR", ""), ours):
            for part in reversed(told["HTTP_X_FORWARDED_FOR"].split(",")):
                address = _address(part)
                if address is None:
                    break  # unreadable: the proxy itself stays the caller
                request.META["REMOTE_ADDR"] = str(address)
                if not is_inside(str(address), ours):
                    break
            if told["HTTP_X_FORWARDED_PROTO"].strip().lower() in ("http", "https"):
                request.META["wsgi.url_scheme"] = told["HTTP_X_FORWARDED_PROTO"].strip().lower()
        return self.get_response(request)
