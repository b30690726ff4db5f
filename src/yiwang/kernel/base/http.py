"""Request id on every answer; a ProblemError becomes problem+json, a page, or that page's body part."""

import contextlib
import logging
import re
import time
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject, empty

from yiwang.kernel.base import logs, metrics
from yiwang.kernel.base.errors import NotSignedIn, ProblemError, WrongMethod
from yiwang.kernel.base.failing import problem_of
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7

log = logging.getLogger("yiwang.http")
access = logging.getLogger("yiwang.access")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_QUIET = ("static", "healthz", "readyz", "metrics")  # asked every few seconds by machines, or a dozen times a page
_SAFE_ID = re.compile(r"^[0-9A-Za-z._-]{8,64}$")
GetResponse = Callable[[HttpRequest], HttpResponse]


def request_id_from(given: str) -> str:
    """Return the caller's id when it is harmless, else a new one."""
    return given if _SAFE_ID.match(given) else str(uuid7())


class RequestIdMiddleware:
    """Every answer and every log line carries the request's id; one line says what was asked and how it ended."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = request_id_from(request.headers.get("X-Request-Id", ""))  # type: ignore[attr-defined]
        with logs.bound(request_id=request.request_id):  # type: ignore[attr-defined]
            began, before = time.perf_counter(), len(connection.queries_log)
            response = self.get_response(request)
            response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
            _note(request, response, time.perf_counter() - began, before)
        return response


def _note(request: HttpRequest, response: HttpResponse, seconds: float, before: int) -> None:
    """Write the access line and count. The actor is named by number, and only where somebody has asked for him."""
    route = "static" if request.path.startswith(settings.STATIC_URL) else logs.route_of(request)
    method = request.method if request.method in _METHODS else "other"
    metrics.REQUESTS.labels(route=route, method=method, status=response.status_code).inc()
    metrics.REQUEST_SECONDS.labels(route=route).observe(seconds)
    actor = getattr(request, "actor", None)
    if isinstance(actor, SimpleLazyObject):
        actor = None if actor._wrapped is empty else actor._wrapped
    facts: dict[str, object] = {"method": method, "route": route, "status": response.status_code, "ms": round(seconds * 1000, 1)}
    if actor is not None:
        facts["actor"] = f"client:{actor.client_id}" if actor.client_id else f"account:{actor.account_id}" if actor.account_id else str(actor.kind)
    if settings.DEBUG:
        facts["queries"] = len(connection.queries_log) - before
    access.log(logging.DEBUG if route in _QUIET else logging.INFO, "request", extra={"facts": facts})


Face = Callable[[HttpRequest, ProblemError], HttpResponse]
_faces: dict[str, Face] = {}  # path prefix -> how a refusal looks there


def register_face(prefix: str, face: Face) -> None:
    """Let an interface with a shape of its own (Open311) say its refusals itself, wherever they were raised."""
    _faces[prefix] = face


_bare: list[Face] = []  # how a refusal looks that must not ask the database


def register_bare_face(face: Face) -> None:
    """Name what shows a refusal without frame, menu and database."""
    _bare[:] = [face]


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/json")


def problem_response(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """Turn a refusal into the form that the caller reads."""
    response = _face_of(request, problem)
    if (retry := getattr(problem, "retry_after_s", None)) is not None:
        response["Retry-After"] = str(retry)
    return response


def _face_of(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    for prefix, face in _faces.items():
        if request.path.startswith(prefix):
            return face(request, problem)
    request_id = getattr(request, "request_id", "")
    if wants_json(request):
        body = problem.as_problem(request_id)
        return JsonResponse(body, status=problem.status, content_type="application/problem+json")
    if problem.bare and _bare:
        return _bare[0](request, problem)
    if isinstance(problem, NotSignedIn) and request.method in ("GET", "HEAD"):
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")
    context: dict[str, object] = {"problem": problem, "detail": problem.detail(), "request_id": request_id}
    return render(request, "ui/problem.html", context, part="body", status=problem.status)


def note_refusal(request: HttpRequest, problem: ProblemError) -> None:
    """Say and count that something was refused."""
    metrics.refused(problem.code)
    log.info("refused", extra={"facts": {"route": logs.route_of(request), "code": problem.code}})


def _drop_uploads(request: HttpRequest) -> None:
    """Remove a half-written upload now: Django keeps it open until Python tidies up, on a disk that is full."""
    for handler in request.upload_handlers:
        with contextlib.suppress(OSError):
            handler.upload_interrupted()


class ProblemMiddleware:
    """Catch ProblemErrors that a view let through."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:  # Django's own, without a word
            refused = problem_response(request, WrongMethod(allowed=response.get("Allow", "")))
            refused["Allow"] = response.get("Allow", "")
            return refused
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ProblemError):
            note_refusal(request, exception)
            return problem_response(request, exception)
        if problem := problem_of(exception):
            _drop_uploads(request)
            note_refusal(request, problem)
            return problem_response(request, problem)
        return None
