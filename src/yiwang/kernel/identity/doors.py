"""Every door names its permission: `@door("city.report.file")`, or `@door(public=True)` where anyone may enter.

The decorator asks whether the actor holds the permission anywhere; which rows he sees is the queryset's affair. The
test that walks all urls reads `view.door`, and refuses a url whose view has none, or that stands open without a limit:
`@door(public=True, limit=rates.OPEN_PAGE)` counts each call (限流).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from yiwang.kernel.base import rates
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import NotPermitted, NotSignedIn
from yiwang.kernel.identity.errors import ForgedRequest

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Door:
    """What a view asks: any one of `permissions`, or `signed_in`, or nothing (`public`); and which `limits` count a call."""

    permissions: tuple[str, ...] = ()
    public: bool = False
    signed_in: bool = False
    limits: tuple[rates.Limit, ...] = ()

    def check(self, actor: Actor) -> None:
        if self.public:
            return
        if self.signed_in:
            if actor.kind is ActorKind.PUBLIC:
                raise NotSignedIn
            return
        if any(actor.may_anywhere(p) for p in self.permissions):
            return
        if actor.kind is ActorKind.PUBLIC:
            raise NotSignedIn
        raise NotPermitted(permission=", ".join(self.permissions))

    def enter(self, request: HttpRequest) -> Actor:
        """Let the caller in, or refuse. Strangers are counted first: who is turned away may not ask for ever."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if not self.public:
            self.check(actor)
            if actor.kind is ActorKind.CLIENT:
                rates.count(rates.API_KEY, request)
        for limit in self.limits:
            rates.count(limit, request)
        return actor


Limits = rates.Limit | tuple[rates.Limit, ...]


def _door(permissions: tuple[str, ...], public: bool, signed_in: bool, limit: Limits) -> Door:
    if sum((bool(permissions), public, signed_in)) != 1:
        raise ValueError("a door asks a permission, or signed_in, or is public")
    return Door(permissions, public, signed_in, limit if isinstance(limit, tuple) else (limit,))


def door(*permissions: str, public: bool = False, signed_in: bool = False, limit: Limits = ()) -> Callable[[View], View]:
    """Guard a view; exactly one of permissions, public and signed_in is given."""
    asked = _door(permissions, public, signed_in, limit)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            asked.enter(request)
            return view(request, *args, **kwargs)

        guarded.door = asked  # type: ignore[attr-defined]
        return guarded

    return decorate


class _TokenCheck(CsrfViewMiddleware):
    """Django's check of the token, saying no without a page, and looking at the header alone.

    Looking into the body would take in a whole upload here, before its limit is in place.
    """

    def _check_token(self, request: HttpRequest) -> None:
        method, request.method = request.method, "PUT"  # only of a POST Django reads the body
        try:
            super()._check_token(request)  # type: ignore[misc]
        finally:
            request.method = method

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason, status=403)


class ApiDoor:
    """The same guard for a django-ninja operation: `@api.get("/cases", auth=api_door("city.case.view"))`.

    A browser that is signed in by cookie must also show the CSRF token when it writes, as on any page; a client with
    a key, which no browser sends by itself, need not.
    """

    def __init__(self, asked: Door) -> None:
        self.door = asked

    def __call__(self, request: HttpRequest) -> Actor:
        actor = self.door.enter(request)
        if actor.kind is ActorKind.PERSON and request.method not in ("GET", "HEAD", "OPTIONS"):
            check = _TokenCheck(lambda _: HttpResponse())
            check.process_request(request)
            if check.process_view(request, lambda: HttpResponse(), (), {}) is not None:
                raise ForgedRequest
        return actor


def api_door(*permissions: str, public: bool = False, signed_in: bool = False, limit: Limits = ()) -> ApiDoor:
    """Guard an API operation; exactly one of permissions, public and signed_in is given."""
    return ApiDoor(_door(permissions, public, signed_in, limit))
