"""The inspector's phone (城管通, 无线采集): one page that starts without a network, what installs it, and what renews its secret.

The page is the same for everybody, since the phone keeps it: nobody's name and nobody's secret stand in it. What concerns
one person comes by `/api/v1/city/field/`.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.pages.phone_texts import phone_texts
from yiwang.kernel.base import headers
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui import assets

PERMISSION = "city.field.use"
PICTURES = (("app-192", "192x192", "any"), ("app-512", "512x512", "any"), ("app-maskable-512", "512x512", "maskable"))
PAGE = Path(__file__).resolve().parents[1] / "templates" / "city" / "phone.html"
# A worker lives under the policy of its own script: it fetches from here and from nowhere else.
WORKER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"


def app_name() -> str:
    return pgettext("phone", "Street inspector")


def _context() -> dict[str, Any]:
    return {
        "name": app_name(), "language": get_language() or "zh-hans", "styles": assets.phone_styles(), "script": assets.phone("src/phone/main.ts"),
        "icons": assets.phone("src/phone/icons.txt"), "picture": assets.phone("src/phone/pictures/app-192.png"),
        "apple": assets.phone("src/phone/pictures/app-180.png"), "version": _version(), "chinese": phone_texts("zh-hans"), "english": phone_texts("en"),
    }  # fmt: skip


def _version() -> str:
    """Name the build: another page, another file or another sentence make another one, which phones then fetch as a whole."""
    parts = [assets.phone_files(), str(assets.phone_map_worker()), str(assets.phone_painter()), assets.phone_worker(), phone_texts("zh-hans"), phone_texts("en"), PAGE.read_text(encoding="utf-8")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


@require_GET
@door(PERMISSION)
def phone(request: HttpRequest) -> HttpResponse:
    """GET /city/phone/: the page of the app."""
    return render(request, "city/phone.html", _context())


@require_GET
@door(PERMISSION)
def phone_worker(request: HttpRequest) -> HttpResponse:
    """GET /city/phone/worker.js: the service worker, told what belongs to this build. Its address gives it its scope."""
    files = [*assets.phone_files(), reverse("city:phone_painter"), reverse("city:phone_map_worker")]
    shell = {"version": _version(), "page": reverse("city:phone"), "files": files}
    response = HttpResponse(f"const YW_SHELL = {json.dumps(shell)};\n{assets.phone_worker()}", content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Content-Security-Policy"] = WORKER_POLICY
    return response


@require_GET
@door(PERMISSION)
def phone_map_worker(request: HttpRequest) -> HttpResponse:
    """GET /city/phone/map-worker.js: the map's own worker. Only from inside the scope does it start without a network."""
    return _script(request, assets.phone_map_worker())


@require_GET
@door(PERMISSION)
def phone_painter(request: HttpRequest) -> HttpResponse:
    """GET /city/phone/painter.js: the worker that draws photos, inside the scope as well."""
    return _script(request, assets.phone_painter())


def _script(request: HttpRequest, path: Path | None) -> HttpResponse:
    if path is None:
        raise NotFound(what="script")
    packed = path.with_name(path.name + ".br")
    is_packed = "br" in request.headers.get("Accept-Encoding", "") and packed.is_file()
    response = HttpResponse((packed if is_packed else path).read_bytes(), content_type="text/javascript; charset=utf-8")
    if is_packed:
        response["Content-Encoding"] = "br"
    response["Vary"], response["Cache-Control"] = "Accept-Encoding", "private, no-cache"
    response["Content-Security-Policy"] = WORKER_POLICY
    return response


@require_GET
@door(PERMISSION)
def phone_manifest(request: HttpRequest) -> HttpResponse:
    """GET /city/phone/manifest.webmanifest: what the phone needs to put the app on its home screen."""
    home = reverse("city:phone")
    body = {
        "id": home, "name": app_name(), "short_name": app_name(), "description": pgettext("phone", "Report, verify and check on the street, with or without a network."),
        "lang": "en" if get_language() == "en" else "zh-Hans", "start_url": home, "scope": home, "display": "standalone", "orientation": "portrait",
        "background_color": "#f3f5f8", "theme_color": "#14365f",
        "icons": [{"src": assets.phone(f"src/phone/pictures/{name}.png"), "sizes": sizes, "type": "image/png", "purpose": purpose} for name, sizes, purpose in PICTURES],
        "shortcuts": [{"name": pgettext("phone", "Report a problem"), "url": f"{home}#/report?camera"}],
    }  # fmt: skip
    response = HttpResponse(json.dumps(body, ensure_ascii=False), content_type="application/manifest+json; charset=utf-8")
    response["Content-Security-Policy"] = headers.NOTHING
    return response


@require_GET
@door(PERMISSION)
def phone_token(request: HttpRequest) -> JsonResponse:
    """GET /city/phone/token.json: the secret that goes with each write, whose it is, and the time here."""
    body = {"token": get_token(request), "person": actor_of(request).account_uid, "at": now().isoformat()}
    return JsonResponse(body, headers={"Cache-Control": "no-store"})
