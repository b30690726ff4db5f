"""What machines ask: is it alive, is it ready, what are its figures. Answered before sessions, hosts and redirects.

GET /healthz: this process answers. GET /readyz: 200 or 503 by what requests need (database, tables, disk); `?strict=1`
counts everything. GET /metrics: Prometheus' text, for who sends the token (Bearer, or Basic with any name).
"""

import base64
import binascii
import hmac
import math
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import resolve
from django.views.decorators.http import require_GET
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from yiwang.kernel.base import metrics, observing

PATHS = ("/healthz", "/readyz", "/metrics")


class ProbeMiddleware:
    """Answer the probes here: they must not need a host name, a session, TLS or a signed-in person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in PATHS:
            return self.get_response(request)
        request.resolver_match = resolve(request.path)
        return {"/healthz": healthz, "/readyz": readyz, "/metrics": figures}[request.path](request)


def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: nothing else is asked, so that a restart is not ordered for what a restart cannot mend."""
    return _plain("ok\n", 200)


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: every check by name, so that the answer says what is wrong."""
    found = observing.look()
    good = found.whole if request.GET.get("strict") == "1" else found.ready
    body = {
        "ready": good,
        "checks": [
            {"name": f.check.name, "state": f.state, "vital": f.check.vital, "value": _finite(f.value), "which": f.which, "runbook": f.check.runbook}
            for f in found.findings
        ],
    }
    response = JsonResponse(body, status=200 if good else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # the answer itself says it, to whoever asks every few seconds
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Every figure in Prometheus' text; 404 where no token is set, 401 without it."""
    if not settings.METRICS_TOKEN:
        return _plain("not open: set YIWANG_METRICS_TOKEN\n", 404)
    if not hmac.compare_digest(_token(request).encode(), settings.METRICS_TOKEN.encode()):
        refused = _plain("the token is missing or wrong\n", 401)
        refused["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refused
    response = HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    response["Cache-Control"] = "no-store"
    return response


class _Gauges:
    """The rooms' figures as they are now."""

    def collect(self) -> Iterable[Metric]:
        declared = observing.gauges()
        families: dict[str, GaugeMetricFamily] = {}
        for sample in observing.look().samples:
            gauge = declared[sample.gauge]
            family = families.setdefault(gauge.name, GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels))
            family.add_metric([sample.labels.get(name, "") for name in gauge.labels], sample.value)
        return families.values()


def registry() -> CollectorRegistry:
    """Return what every process of this machine counted, and what can be asked now."""
    found = CollectorRegistry()
    found.register(_Gauges())
    if metrics.FOLDER:
        MultiProcessCollector(found, path=metrics.FOLDER)
    else:
        for one in metrics.COUNTED:
            found.register(one)
    return found


def _token(request: HttpRequest) -> str:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _finite(value: float | None) -> Any:
    return None if value is None or not math.isfinite(value) else round(value, 3)


def _plain(text: str, status: int) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
