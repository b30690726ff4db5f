"""The open data portal (数据开放门户): front page, one set, its files, promises watched, figures of use. No account needed."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.apps.datahub.lake import opened
from yiwang.apps.datahub.queries.opening import ckan, sets, showing
from yiwang.apps.datahub.queries.opening.kinds import OpenSet, OpenState
from yiwang.apps.datahub.rules.opening import shelf
from yiwang.apps.datahub.services.opening import using
from yiwang.kernel.base import rates, texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door

DOWNLOADS = rates.declare("open-download", 300, 600)
SORTS = {"new": "changed_at", "used": "uses"}


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def form_words() -> dict[str, str]:
    return {
        "csv": _("CSV for Excel"), "xlsx": "Excel", "plain": _("CSV for programs"), "json": "JSON", "parquet": "Parquet", "geojson": "GeoJSON", "zip": _("Data package"),
    }  # fmt: skip


def kind_words() -> dict[str, str]:
    return {
        "string": _("text"), "code": _("code"), "integer": _("whole number"), "decimal": _("number"), "date": _("date"), "datetime": _("date and time"),
        "boolean": _("yes or no"), "geometry": _("shape"),
    }  # fmt: skip


def card(row: OpenSet) -> dict[str, Any]:
    theme = shelf.theme(row.theme)
    return {
        "url": reverse("open:one", args=[row.slug]), "title": texts.pick(row.title), "notes": texts.pick(row.notes), "org": texts.pick(row.org.name), "slug": row.slug,
        "theme": texts.pick(theme.title), "icon": theme.icon, "formats": [f.upper() for f in row.formats], "rows": row.current.rows if row.current else 0,
        "changed": row.changed_at, "uses": row.uses, "fresh": showing.freshness(row),
    }  # fmt: skip


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def front(request: HttpRequest) -> HttpResponse:
    """GET /open/?q=&theme=&org=&format=&sort=new|used&after=: search, themes, the newest and the most used."""
    asked = request.GET
    given = {name: asked.get(name, "").strip()[:100].replace("\0", "") for name in ("q", "theme", "org", "format")}
    sort = asked.get("sort", "") if asked.get("sort", "") in SORTS else "new"
    rows = sets.with_words(sets.opened(), given["q"])
    if given["theme"]:
        rows = rows.filter(theme=given["theme"])
    if given["org"]:
        rows = rows.filter(org__code=given["org"])
    if given["format"]:
        rows = rows.filter(formats__contains=[given["format"].lower()])
    page = page_by_key(rows, sort=SORTS[sort], cursor=asked.get("after", ""), size=12)
    filtered = any(given.values())
    figures = sets.counts()
    kept = {k: v for k, v in given.items() if v} | ({"sort": sort} if sort != "new" else {})
    context: dict[str, object] = {
        "here": "front", "given": given, "sort": sort, "cards": [card(r) for r in page.rows], "next": page.next, "previous": page.previous, "query": urlencode(kept), "filtered": filtered,
        "figures": figures, "found": rows.count() if filtered else figures["sets"],
        "themes": [{"id": t, "title": texts.pick(shelf.theme(t).title), "icon": shelf.theme(t).icon, "n": n, "on": t == given["theme"]} for t, n in figures["themes"]],
        "used": [card(r) for r in sets.opened().order_by("-uses", "-pk")[:5]] if not filtered else [],
        "bodies": [(o.code, texts.pick(o.name)) for o, _n in ckan.organizations()], "formats": ("csv", "xlsx", "json", "parquet", "geojson"),
    }  # fmt: skip
    return render(request, "datahub/opening/front.html", context)


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /open/<slug>/: one set: what, from where, how fresh, how good, chart, map, first rows, columns, files, API."""
    row = sets.one(slug)
    if row.state == OpenState.RETRACTED or row.current is None:
        return render(request, "datahub/opening/gone.html", {"row": row, "title": texts.pick(row.title), "org": texts.pick(row.org.name)}, status=410)
    using.count(actor_of(request), row, using.PAGE)
    files, words, version = sets.files_of(row), form_words(), row.current
    plain = next((f for f in files if f.format == "plain"), None)
    licence = shelf.licence(row.licence)
    kinds = kind_words()
    base = request.build_absolute_uri("/").rstrip("/")
    sample_filter = next((c for c in version.columns if c["kind"] in ("string", "code") and c.get("distinct", 0) > 1), None)
    context: dict[str, object] = {
        "row": row, "version": version, "card": card(row), "notes": texts.pick(row.notes), "fresh": showing.freshness(row), "quality": showing.quality(row),
        "chart": showing.chart(row), "map": showing.points(row), "rows": showing.first_rows(row), "columns": [{**c, "word": kinds[c["kind"]]} for c in version.columns],
        "files": [{"file": f, "word": words[f.format], "url": reverse("open:file", args=[slug, f"{slug}.{ckan.ENDINGS.get(f.format, f.format)}"])} for f in files],
        "licence": texts.pick(licence.title), "licence_url": licence.url, "resource": str(plain.uid) if plain else "", "base": base,
        "related": [card(r) for r in sets.related(row)], "sample": sample_filter, "layer": row.dataset.layer, "title": texts.pick(row.title), "org": texts.pick(row.org.name),
    }  # fmt: skip
    return render(request, "datahub/opening/one.html", context)


@require_GET
@door(public=True, limit=DOWNLOADS)
def file(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """GET /open/<slug>/files/<slug>.<ending>: a file to take away, as it was made at the release."""
    row = sets.still_open(slug)
    if not name.startswith(f"{slug}."):
        raise NotFound(what="file")
    ending = name[len(slug) + 1 :]
    form = {v: k for k, v in ckan.ENDINGS.items()}.get(ending, ending)
    found = sets.file_of(row, form)
    path = opened.absolute(found.path)
    if not path.is_file():
        raise NotFound(what="file")
    using.count(actor_of(request), row, using.DOWNLOAD, form)
    mime = ckan.MIMES[form][1]
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=f"{mime}; charset=utf-8" if mime == "text/csv" else mime)
    response["ETag"], response["Access-Control-Allow-Origin"] = f'"{found.sha256[:32]}"', "*"
    return response  # type: ignore[return-value]


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def promises(request: HttpRequest) -> HttpResponse:
    """GET /open/promises/: how the portal grew, and whether each set is as fresh as promised."""
    rows = showing.promises()
    late = sum(1 for r in rows if r["fresh"]["late_days"])
    return render(request, "datahub/opening/promises.html", {"here": "promises", "rows": rows, "growth": showing.growth(), "kept": showing.kept_share(rows), "late": late})


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def use(request: HttpRequest) -> HttpResponse:
    """GET /open/use/: downloads, calls, formats, the most used."""
    found, words = showing.used(), form_words()
    return render(request, "datahub/opening/use.html", {"here": "use", "used": found, "formats": [(words.get(f, f), n) for f, n in found["formats"]], "figures": sets.counts()})


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def terms(request: HttpRequest) -> HttpResponse:
    """GET /open/terms/: under which terms the data may be used."""
    return render(request, "datahub/opening/terms.html", {"licences": [{"title": texts.pick(x.title), "url": x.url, "id": x.id} for x in shelf.licences().values()]})
