"""Every action by its name. What is not open to everybody is not there for anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from yiwang.apps.datahub.api.opening import datastore
from yiwang.apps.datahub.api.opening.answers import bad_query, flag, invalid, listed, needed, not_found, number, text
from yiwang.apps.datahub.queries.opening import ckan
from yiwang.apps.datahub.rules.opening import shelf
from yiwang.apps.datahub.rules.opening.ckan import QueryError
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor

MOST_ROWS = 1000
MOST_OFFSET = 1_000_000_000


@dataclass(frozen=True)
class Call:
    """One call: who, what he says, and where the site is."""

    request: HttpRequest
    actor: Actor
    data: dict[str, Any]

    @property
    def base(self) -> str:
        return self.request.build_absolute_uri("/").rstrip("/")


def status_show(call: Call) -> Any:
    """Say what this is."""
    from django.utils.translation import gettext as _

    return {
        "site_title": _("Open data"), "site_description": "", "site_url": call.base, "ckan_version": "2.11.0", "error_emails_to": None,
        "locale_default": "zh_Hans_CN", "extensions": ["datastore", "dcat"],
    }  # fmt: skip


def site_read(call: Call) -> Any:
    """Say whether the site may be read: always."""
    return True


def package_list(call: Call) -> Any:
    """Return the names of all data sets (limit, offset)."""
    rows = ckan.found("", []).order_by("slug").values_list("slug", flat=True)
    start, limit = number(call.data, "offset", 0, MOST_OFFSET), number(call.data, "limit", 0, 100_000)
    return list(rows[start : start + limit] if limit else rows[start:])


def package_show(call: Call) -> Any:
    """Return one data set (id: its name or number)."""
    name = text(call.data, "id") or text(call.data, "name_or_id") or needed(call.data, "id")
    row = ckan.by_name(name)
    if row is None:
        raise not_found()
    return ckan.package(row, call.base)


def package_search(call: Call) -> Any:
    """Find data sets (q, fq, fq_list, sort, rows, start, facet, facet.field, facet.limit)."""
    data = call.data
    limit, start = number(data, "rows", 10, MOST_ROWS), number(data, "start", 0, MOST_OFFSET)
    fields = listed(data, "facet.field") if flag(data, "facet", True) else []
    fq = [text(data, "fq"), *listed(data, "fq_list")] if not isinstance(data.get("fq"), list) else [text({"fq": v}, "fq") for v in data["fq"]]
    try:
        rows, order = ckan.found(text(data, "q"), fq), ckan.ordering(text(data, "sort"))
    except QueryError as error:
        raise bad_query(str(error)) from error
    count = rows.count()
    shown = [ckan.package(r, call.base) for r in ckan.with_parts(rows).order_by(*order)[start : start + limit]] if limit and start < count else []
    most = number(data, "facet.limit", 50, 1000, least=-1)
    counted = ckan.facets(rows, fields, most if most > 0 else 1000, count) if fields else {}
    names = {field: ckan.facet_names(field, values) for field, values in counted.items()}
    return {
        "count": count, "results": shown, "sort": text(data, "sort") or "score desc, metadata_modified desc", "facets": counted,
        "search_facets": {
            field: {"title": field, "items": [{"name": v, "display_name": names[field].get(v, v), "count": n} for v, n in values.items()]}
            for field, values in counted.items()
        },
    }  # fmt: skip


def current_package_list_with_resources(call: Call) -> Any:
    """Return data sets with their files, the newest first (limit, offset or page)."""
    limit = number(call.data, "limit", 10, MOST_ROWS)
    start = number(call.data, "offset", 0, MOST_OFFSET) or (number(call.data, "page", 1, 1_000_000, least=1) - 1) * limit
    return [ckan.package(r, call.base) for r in ckan.with_parts(ckan.found("", [])).order_by("-changed_at", "-pk")[start : start + limit]]


def _cut(call: Call, rows: list[Any]) -> list[Any]:
    start, limit = number(call.data, "offset", 0, MOST_OFFSET), number(call.data, "limit", 0, MOST_ROWS)
    return rows[start : start + limit] if limit else rows[start:]


def organization_list(call: Call) -> Any:
    """Return the bodies that opened data: names, or all about them (all_fields)."""
    wanted, rows = listed(call.data, "organizations"), ckan.organizations()
    rows = _cut(call, [(o, n) for o, n in rows if not wanted or o.code in wanted])
    return [ckan.organization(o, package_count=n, display_name=texts.pick(o.name)) if flag(call.data, "all_fields") else o.code for o, n in rows]


def organization_show(call: Call) -> Any:
    """Return one body (id, include_datasets)."""
    name = needed(call.data, "id")
    row = next(((o, n) for o, n in ckan.organizations() if name in (o.code, str(o.uid))), None)
    if row is None:
        raise not_found()
    more: dict[str, Any] = {"package_count": row[1], "display_name": texts.pick(row[0].name), "extras": [], "users": [], "tags": [], "groups": []}
    if flag(call.data, "include_datasets"):
        more["packages"] = _packages(call, f'organization:"{row[0].code}"')
    return ckan.organization(row[0], **more)


def _packages(call: Call, query: str) -> list[Any]:
    return [ckan.package(r, call.base) for r in ckan.with_parts(ckan.found("", [query])).order_by("-changed_at")[:MOST_ROWS]]


def group_list(call: Call) -> Any:
    """Return the themes that hold data (all_fields)."""
    wanted = listed(call.data, "groups")
    rows = _cut(call, [(t, n) for t, n in ckan.groups() if not wanted or t in wanted])
    return [ckan.group(t, package_count=n) if flag(call.data, "all_fields") else t for t, n in rows]


def group_show(call: Call) -> Any:
    """Return one theme (id, include_datasets)."""
    name = needed(call.data, "id")
    row = next(((t, n) for t, n in ckan.groups() if name in (t, ckan.group(t)["id"])), None)
    if row is None:
        raise not_found()
    more: dict[str, Any] = {"package_count": row[1], "extras": [], "users": [], "tags": [], "groups": []}
    if flag(call.data, "include_datasets"):
        more["packages"] = _packages(call, f"groups:{row[0]}")
    return ckan.group(row[0], **more)


def tag_list(call: Call) -> Any:
    """Return the tags in use (query, all_fields)."""
    words = text(call.data, "query").lower()
    rows = [t for t in ckan.tags() if words in t.lower()]
    return [ckan.tag(t) for t in rows] if flag(call.data, "all_fields") else rows


def tag_show(call: Call) -> Any:
    """Return one tag (id, include_datasets)."""
    name = needed(call.data, "id")
    found = next((t for t in ckan.tags() if name in (t, ckan.tag(t)["id"])), None)
    if found is None:
        raise not_found()
    quoted = found.replace("\\", "\\\\").replace('"', '\\"')
    return ckan.tag(found) | ({"packages": _packages(call, f'tags:"{quoted}"')} if flag(call.data, "include_datasets") else {})


def license_list(call: Call) -> Any:
    """Return the licences."""
    return [
        {"id": x.id, "title": texts.pick(x.title), "url": f"{call.base}{x.url}" if x.url.startswith("/") else x.url, "status": "active", "od_conformance": "approved" if x.id.startswith("cc") else "not reviewed"}
        for x in shelf.licences().values()
    ]  # fmt: skip


def resource_show(call: Call) -> Any:
    """Return one file (id)."""
    file = ckan.file_by_id(needed(call.data, "id"))
    if file is None:
        raise not_found()
    return ckan.resource(file.open_set, file, 0, call.base)


_RESOURCE_FIELDS = ("name", "format", "url", "hash", "description", "mimetype", "id")


def resource_search(call: Call) -> Any:
    """Find files (query: "field:words", one or several; offset, limit)."""
    given = call.data.get("query")
    queries = [str(v) for v in given] if isinstance(given, list) else [text(call.data, "query")] if given else []
    if not queries:
        raise invalid("query", "Missing value")
    wanted = []
    for query in queries:
        field, colon, words = query.partition(":")
        if not colon or field not in _RESOURCE_FIELDS:
            raise bad_query(f"field {field[:40]!r} is not recognised, or there is no colon")
        wanted.append((field, words.strip().lower()))
    start, limit = number(call.data, "offset", 0, MOST_OFFSET), number(call.data, "limit", 100, MOST_ROWS)
    count, found = 0, []
    for row in ckan.with_parts(ckan.found("", [])).order_by("slug").iterator(chunk_size=500):
        for one in ckan.package(row, call.base)["resources"]:
            if all(words in str(one[field]).lower() for field, words in wanted):
                if start <= count < start + limit:
                    found.append(one)
                count += 1
    return {"count": count, "results": found}


def help_show(call: Call) -> Any:
    """Return what an action does (name)."""
    do = ACTIONS.get(needed(call.data, "name"))
    if do is None:
        raise not_found(text(call.data, "name"))
    return (do.__doc__ or "").strip()


Do = Callable[[Call], Any]
ACTIONS: dict[str, Do] = {
    do.__name__: do
    for do in (
        status_show, site_read, package_list, package_show, package_search, current_package_list_with_resources, organization_list, organization_show,
        group_list, group_show, tag_list, tag_show, license_list, resource_show, resource_search, help_show, datastore.datastore_search, datastore.datastore_info,
    )
}  # fmt: skip
