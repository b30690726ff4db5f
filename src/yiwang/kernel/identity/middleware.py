"""`request.actor`: who asks, made once from the session or the API key, never from the body."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from yiwang.kernel.base import rates
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import ProblemError, TooMany
from yiwang.kernel.base.http import problem_response
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.sessions import signed_in

POST_KEY = "yw_post"


def api_key(request: HttpRequest) -> str:
    """Return the key that the caller sent: `Authorization: Bearer`, `X-Api-Key`; empty when none."""
    given = request.headers.get("Authorization", "")
    if given.lower().startswith("bearer "):
        return given[7:].strip()
    return request.headers.get("X-Api-Key", "").strip()


def _actor(request: HttpRequest) -> Actor:
    request_id = getattr(request, "request_id", "")
    language = get_language() or "zh-hans"
    if key := api_key(request):
        return queries.actor_for_key(key, request_id=request_id, language=language)
    if request.user.is_authenticated:
        post_id = request.session.get(POST_KEY)
        return queries.actor_for(request.user, post_id=post_id, request_id=request_id, language=language)
    return queries.actor_for_public(request_id=request_id, language=language)


def _user(request: HttpRequest) -> Any:
    if not hasattr(request, "_cached_user"):  # Django's own name: signing in and out put theirs there
        request._cached_user = signed_in(request.session) or get_user(request)  # type: ignore[attr-defined]
    return request._cached_user  # type: ignore[attr-defined]


class SignedInMiddleware(AuthenticationMiddleware):
    """Django's, but the account comes in the statement that reads the session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]


class ActorMiddleware:
    """Put the actor on the request; a wrong key is refused here, before any view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            if api_key(request):
                request.actor = _actor(request)  # type: ignore[attr-defined]
            else:
                request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        except ProblemError as refused:
            problem: ProblemError = refused
            try:
                rates.count(rates.WRONG_KEY, request)  # keys are not to be tried out
            except TooMany as slower:
                problem = slower
            return problem_response(request, problem)
        return self.get_response(request)
