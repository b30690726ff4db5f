"""What the pages of the feature service share: JSON or HTML, links, parameters that are known."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotSignedIn, ProblemError
from yiwang.kernel.base.http import register_face
from yiwang.kernel.base.rendering import render
from yiwang.kernel.geography.errors import BadQuery

PREFIX = "/ogc/features/"
GEOJSON, OPENAPI = "application/geo+json", "application/vnd.oai.openapi+json;version=3.0"
Link = dict[str, Any]


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def absolute(request: HttpRequest, name: str, *args: str, **query: str) -> str:
    """Return a whole address: other software keeps links."""
    path = reverse(name, args=args)
    return request.build_absolute_uri(f"{path}?{urlencode(query)}" if query else path)


def link(href: str, rel: str, kind: str, title: str = "") -> Link:
    return {"href": href, "rel": rel, "type": kind, **({"title": title} if title else {})}


def wants_html(request: HttpRequest) -> bool:
    """Say whether a person reads: `f=html`, or a browser that names HTML before JSON."""
    if form := request.GET.get("f"):
        return form == "html"
    accepted = request.headers.get("Accept", "")
    return "text/html" in accepted and "json" not in accepted.split("text/html")[0]


def check_parameters(request: HttpRequest, known: Iterable[str]) -> None:
    """Refuse a parameter that the API does not have (requirement query-param-unknown), and an unknown form."""
    allowed = {"f", *known}
    for name in request.GET:
        if name not in allowed:
            raise BadQuery.one(name, "unknown", _("There is no such parameter here."))
        if "\0" in request.GET[name]:
            raise BadQuery.one(name, "text", _("This text cannot be read."))
    if request.GET.get("f", "json") not in ("json", "html"):
        raise BadQuery.one("f", "form", _("The forms are json and html."))


def both(request: HttpRequest, name: str, *args: str, kind: str = "application/json") -> list[Link]:
    """Return the links to this document and to its other form."""
    here = absolute(request, name, *args)
    forms = (("json", kind), ("html", "text/html"))
    current = "html" if wants_html(request) else "json"
    return [link(f"{here}?f={form}", "self" if form == current else "alternate", type_, _("This document")) for form, type_ in forms]


def answer(request: HttpRequest, body: dict[str, Any], page: str, context: dict[str, object], *, kind: str = "application/json") -> HttpResponse:
    """Give the document as JSON, or as a page for people."""
    response = render(request, page, {"body": body, "layer": None, **context}) if wants_html(request) else JsonResponse(body, content_type=kind)
    return dressed(response)


def dressed(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["Accept", "Accept-Language", "Cookie", "Authorization", "X-Api-Key"])
    response["Cache-Control"] = "private, no-cache"
    return response


def _face(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """Say a refusal as problem+json to programs, and as the usual page to people."""
    request_id = str(getattr(request, "request_id", ""))
    if not wants_html(request):
        return JsonResponse(problem.as_problem(request_id), status=problem.status, content_type="application/problem+json")
    if isinstance(problem, NotSignedIn):
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")
    context: dict[str, object] = {"problem": problem, "detail": problem.detail(), "request_id": request_id}
    return render(request, "ui/problem.html", context, status=problem.status)


register_face(PREFIX, _face)
