"""Request id on every answer; a ProblemError becomes problem+json, a page, or that page's body part."""

import logging
import re
from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from yiwang.kernel.base.errors import NotSignedIn, ProblemError, WrongMethod
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7

log = logging.getLogger("yiwang.http")
_SAFE_ID = re.compile(r"^[0-9A-Za-z._-]{8,64}$")
GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Take the caller's X-Request-Id when it is harmless, else mint one; every answer and log line carries it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _SAFE_ID.match(given) else str(uuid7())  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


Face = Callable[[HttpRequest, ProblemError], HttpResponse]
_faces: dict[str, Face] = {}  # path prefix -> how a refusal looks there


def register_face(prefix: str, face: Face) -> None:
    """Let an interface with a shape of its own (Open311) say its refusals itself, wherever they were raised."""
    _faces[prefix] = face


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/json")


def problem_response(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """Turn a refusal into the form that the caller reads."""
    for prefix, face in _faces.items():
        if request.path.startswith(prefix):
            return face(request, problem)
    request_id = getattr(request, "request_id", "")
    if wants_json(request):
        body = problem.as_problem(request_id)
        response: HttpResponse = JsonResponse(body, status=problem.status, content_type="application/problem+json")
    elif isinstance(problem, NotSignedIn) and request.method in ("GET", "HEAD"):
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")
    else:
        context: dict[str, object] = {"problem": problem, "detail": problem.detail(), "request_id": request_id}
        response = render(request, "ui/problem.html", context, part="body", status=problem.status)
    if (retry := getattr(problem, "retry_after_s", None)) is not None:
        response["Retry-After"] = str(retry)
    return response


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
            log.info("refused %s %s: %s", request.method, request.path, exception.code)
            return problem_response(request, exception)
        return None
