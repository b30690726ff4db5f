"""The doors of the frame: start page, language, print size, colours, acting post, the map's base, the style page."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.base import rates
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui import queries, shell, specimens

YEAR_S = 365 * 86400


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """Go back to where the reader was; never to another site."""
    target = request.POST.get("next") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if ours and target.startswith(("/", "http")) else "/")


def _cookie(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def home(request: HttpRequest) -> HttpResponse:
    """GET /: to my desk, or to signing in."""
    if not _actor(request).is_person:
        return redirect("account_login")
    desk = shell.shell_of(request).desk_url
    return redirect(desk) if desk else render(request, "ui/welcome.html")


@require_POST
@door(public=True, limit=rates.OPEN_PAGE)
def language(request: HttpRequest) -> HttpResponse:
    """POST /ui/language/ language=zh-hans|en: for this browser, and for the account when signed in."""
    from yiwang.kernel.identity.adapter import keep_language
    from yiwang.kernel.identity.services.accounts import set_language

    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise BadInput.one("language", "language", _("This language is not available."))
    set_language(_actor(request), chosen)
    response = _back(request)
    keep_language(response, chosen)
    return response


@require_POST
@door(public=True, limit=rates.OPEN_PAGE)
def large_print(request: HttpRequest) -> HttpResponse:
    """POST /ui/large-print/ on=0|1."""
    from yiwang.kernel.identity.services.accounts import set_large_print

    on = request.POST.get("on") == "1"
    if _actor(request).account_id is not None:
        set_large_print(_actor(request), on)
    response = _back(request)
    _cookie(response, shell.LARGE_PRINT_COOKIE, "1" if on else "0")
    return response


@require_POST
@door(public=True, limit=rates.OPEN_PAGE)
def theme(request: HttpRequest) -> HttpResponse:
    """POST /ui/theme/ theme=light|dark; anything else means "as the device has it"."""
    chosen = request.POST.get("theme", "")
    response = _back(request)
    if chosen in ("light", "dark"):
        _cookie(response, shell.THEME_COOKIE, chosen)
    else:
        response.delete_cookie(shell.THEME_COOKIE)
    return response


@require_POST
@door(signed_in=True)
def post(request: HttpRequest) -> HttpResponse:
    """POST /ui/post/ post=<uid>: in which of my posts I act from now on."""
    from yiwang.kernel.identity.middleware import POST_KEY
    from yiwang.kernel.identity.services.posts import choose_post

    try:
        uid = UUID(request.POST.get("post", ""))
    except ValueError as error:
        raise BadInput.one("post", "post", _("Choose one of your posts.")) from error
    request.session[POST_KEY] = choose_post(_actor(request), uid).pk
    return _back(request)


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def map_base(request: HttpRequest) -> HttpResponse:
    """GET /ui/map-base.json: what lies under every map, and where the county is."""
    layers: list[dict[str, Any]] = []
    if _actor(request).may_anywhere("geography.map.view"):
        address = shell.first_url_with("map_layer", "geography.boundaries")
        if address:
            layers.append({"id": "base-borders", "label": _("Borders"), "kind": "areas", "url": f"{address}?bbox={{bbox}}&zoom={{zoom}}"})
    response = JsonResponse({
        "bounds": queries.county_bounds(), "layers": layers, "raster": list(settings.MAP_TILE_URLS), "credit": settings.MAP_TILE_CREDIT,
        "review_number": settings.MAP_REVIEW_NUMBER,
    })  # fmt: skip
    response["Cache-Control"] = "private, max-age=300"
    return response


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def components(request: HttpRequest) -> HttpResponse:
    """GET /ui/components/: every component in every state; only while developing (DEBUG)."""
    if not settings.DEBUG:
        raise NotFound(what="page")
    template = "ui/components_public.html" if request.GET.get("page") == "public" else "ui/components.html"
    return render(request, template, specimens.context())


@door(public=True, limit=rates.OPEN_PAGE)
def refuse(request: HttpRequest) -> HttpResponse:
    """/ui/components/refuse/: a refusal on purpose, for the style page and its test (DEBUG)."""
    if not settings.DEBUG:
        raise NotFound(what="page")
    raise BadInput.one("reason", "required", _("Say why."))


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def specimen_points(request: HttpRequest) -> HttpResponse:
    """/ui/components/points.json: made-up cases for the map on the style page (DEBUG)."""
    if not settings.DEBUG:
        raise NotFound(what="page")
    return JsonResponse(specimens.points())
