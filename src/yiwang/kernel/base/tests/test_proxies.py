"""Whose word about the caller is taken."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from yiwang.kernel.base.proxies import TrustedProxyMiddleware, is_inside


def seen(settings, trusted, remote, **headers):
    settings.TRUSTED_PROXIES = trusted
    kept = {}

    def view(request):
        kept.update(address=request.META["REMOTE_ADDR"], scheme=request.scheme, left=[n for n in request.META if "FORWARDED" in n or "REAL_IP" in n])
        return HttpResponse()

    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)
    TrustedProxyMiddleware(view)(request)
    assert kept["left"] == [], "nobody further in can be fooled by a header that was not judged"
    return kept["address"], kept["scheme"]


@pytest.mark.parametrize(
    "trusted, remote, headers, address, scheme",
    [
        ((), "203.0.113.9", {"x-forwarded-for": "10.9.9.9", "x-forwarded-proto": "https"}, "203.0.113.9", "http"),
        (("127.0.0.1",), "203.0.113.9", {"x-forwarded-for": "10.9.9.9", "x-forwarded-proto": "https"}, "203.0.113.9", "http"),
        (("127.0.0.1",), "127.0.0.1", {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}, "203.0.113.9", "https"),
        (("127.0.0.1",), "127.0.0.1", {"x-forwarded-for": "1.2.3.4, 203.0.113.9"}, "203.0.113.9", "http"),
        (("127.0.0.1", "10.0.0.0/8"), "127.0.0.1", {"x-forwarded-for": "1.2.3.4, 203.0.113.9, 10.0.0.7"}, "203.0.113.9", "http"),
        (("10.0.0.0/8",), "10.0.0.1", {"x-forwarded-for": "10.0.0.9"}, "10.0.0.9", "http"),
        (("127.0.0.1",), "127.0.0.1", {"x-forwarded-for": "<script>"}, "127.0.0.1", "http"),
        (("127.0.0.1",), "127.0.0.1", {"x-forwarded-proto": "javascript"}, "127.0.0.1", "http"),
        (("::1",), "::1", {"x-forwarded-for": "[2001:db8::7]"}, "2001:db8::7", "http"),
        (("127.0.0.1",), "::ffff:127.0.0.1", {"x-forwarded-for": "203.0.113.9"}, "203.0.113.9", "http"),
        (("127.0.0.1",), "127.0.0.1", {"x-real-ip": "9.9.9.9", "forwarded": "for=9.9.9.9"}, "127.0.0.1", "http"),
    ],
    ids=["no-proxy", "stranger", "proxy", "client-wrote-more", "two-proxies", "client-inside", "nonsense", "scheme", "ipv6", "mapped", "other-headers"],
)
def test_only_a_trusted_proxy_is_believed(settings, trusted, remote, headers, address, scheme):
    assert seen(settings, trusted, remote, **headers) == (address, scheme)


def test_a_wrong_network_stops_the_start(settings):
    settings.TRUSTED_PROXIES = ("10.0.0.0/33",)
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/33"):
        TrustedProxyMiddleware(lambda request: HttpResponse())


@pytest.mark.parametrize("address, inside", [("10.1.2.3", True), ("11.1.2.3", False), ("", False), ("a name", False)])
def test_is_inside(address, inside):
    assert is_inside(address, ["10.0.0.0/8"]) is inside
