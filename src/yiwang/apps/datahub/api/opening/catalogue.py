"""Doors for harvesters: /catalog.ttl and .jsonld, /dataset/<id>.ttl, data packages."""

from __future__ import annotations

import json
import zipfile
from tempfile import SpooledTemporaryFile

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from yiwang.apps.datahub.api.opening.ckan import LIMIT
from yiwang.apps.datahub.lake import opened
from yiwang.apps.datahub.queries.opening import catalogue, ckan, sets
from yiwang.apps.datahub.rules.opening import dcat
from yiwang.apps.datahub.services.opening import using
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.texts import whole
from yiwang.kernel.identity.doors import door

TYPES = {"ttl": "text/turtle; charset=utf-8", "jsonld": "application/ld+json"}


def base_of(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


@require_GET
@door(public=True, limit=LIMIT)
def catalog(request: HttpRequest, form: str) -> HttpResponse:
    """GET /catalog.<ttl|jsonld>?page=: the catalogue in DCAT-AP 3, a hundred sets at a time."""
    found = catalogue.page(base_of(request), request.path, whole(request.GET.get("page", "1")) or 0) if form in TYPES else None
    if found is None:
        raise NotFound(what="page of the catalogue")
    return HttpResponse(dcat.written(dcat.catalogue(*found), form), content_type=TYPES[form])


@require_GET
@door(public=True, limit=LIMIT)
def dataset(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """GET /dataset/<id or name>.<ttl|jsonld>: one set."""
    row = ckan.by_name(name)
    if row is None or form not in TYPES:
        raise NotFound(what="open set")
    return HttpResponse(dcat.written(dcat.one(catalogue.set_facts(row, base_of(request))), form), content_type=TYPES[form])


@require_GET
@door(public=True, limit=LIMIT)
def dataset_page(request: HttpRequest, name: str) -> HttpResponse:
    """GET /dataset/<id or name>: on to its page."""
    row = ckan.by_name(name)
    if row is None:
        raise NotFound(what="open set")
    return redirect(f"/open/{row.slug}/")


@require_GET
@door(public=True, limit=LIMIT)
def datapackage(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /open/<slug>/datapackage.json: what `frictionless` reads."""
    made = catalogue.descriptor(sets.still_open(slug), base_of(request))
    return HttpResponse(json.dumps(made, ensure_ascii=False, indent=2), content_type="application/json")


@require_GET
@door(public=True, limit=LIMIT)
def package_zip(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /open/<slug>/package.zip: descriptor and rows together."""
    row = sets.still_open(slug)
    using.count(request.actor, row, using.DOWNLOAD, "zip")  # type: ignore[attr-defined]
    made = catalogue.descriptor(row, base_of(request), within=True)
    out = SpooledTemporaryFile(max_size=8_000_000)  # noqa: SIM115  (closed by the answer)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("datapackage.json", json.dumps(made, ensure_ascii=False, indent=2))
        for file in row.files.filter(format__in=("plain", "geojson")):
            archive.write(opened.absolute(file.path), f"{row.slug}.{ckan.ENDINGS.get(file.format, file.format)}")
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{row.slug}.zip", content_type="application/zip")  # type: ignore[return-value]
