"""Landing page, conformance and the OpenAPI document."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.kernel.base import rates
from yiwang.kernel.geography.pages.ogc import common
from yiwang.kernel.geography.pages.ogc.common import absolute, both, link
from yiwang.kernel.geography.queries import catalogue
from yiwang.kernel.geography.queries.items import filterable
from yiwang.kernel.geography.rules.openapi import Described, document
from yiwang.kernel.identity.doors import door

_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CONFORMANCE = (*(f"{_1}{part}" for part in ("core", "oas30", "html", "geojson")), "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs")
DATA = "http://www.opengis.net/def/rel/ogc/1.0/"


def _title() -> str:
    return _("Map layers of %(region)s") % {"region": settings.REGION}


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def landing(request: HttpRequest) -> HttpResponse:
    """GET /ogc/features/: where everything is."""
    common.check_parameters(request, ())
    about = _("Read-only features for GIS software (OGC API - Features). You get what your account or your key may see.")
    body = {
        "title": _title(), "description": about,
        "links": [
            *both(request, "ogc_landing"), link(absolute(request, "ogc_api"), "service-desc", common.OPENAPI, _("The API, for programs")),
            link(absolute(request, "ogc_api", f="html"), "service-doc", "text/html", _("The API, for people")),
            link(absolute(request, "ogc_conformance"), "conformance", "application/json", _("What is conformed to")),
            link(absolute(request, "ogc_collections"), "data", "application/json", _("The layers")),
        ],
    }  # fmt: skip
    return common.answer(request, body, "geography/ogc/landing.html", {})


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def conformance(request: HttpRequest) -> HttpResponse:
    """GET /ogc/features/conformance."""
    common.check_parameters(request, ())
    return common.answer(request, {"conformsTo": list(CONFORMANCE)}, "geography/ogc/conformance.html", {})


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def api(request: HttpRequest) -> HttpResponse:
    """GET /ogc/features/api: OpenAPI 3.0 with the layers that the reader may see."""
    common.check_parameters(request, ())
    actor = common.actor_of(request)
    layers = [
        Described(one.code, one.name, tuple((c.name, c.type) for c in filterable(one.source(actor).columns))) for one in catalogue.readable(actor)
    ]
    server = absolute(request, "ogc_landing").rstrip("/")
    body = document(_title(), _("Read-only features for GIS software."), server, "1.0", layers)
    return common.answer(request, body, "geography/ogc/api.html", {"layers": layers}, kind=common.OPENAPI)
