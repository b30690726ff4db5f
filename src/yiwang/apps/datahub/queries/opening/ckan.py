"""Open sets as CKAN knows them: packages, resources, organizations, groups (our themes), tags; found, sorted, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection
from django.db.models import Count, Prefetch, Q, QuerySet

from yiwang.apps.datahub.models import OpenFile, OpenSet, OpenState
from yiwang.apps.datahub.queries.opening import sets
from yiwang.apps.datahub.rules.opening import shelf
from yiwang.apps.datahub.rules.opening.ckan import And, Node, Not, Or, QueryError, Range, Term, parse
from yiwang.kernel.base import texts
from yiwang.kernel.identity.models import Organization

MIMES = {
    "csv": ("CSV", "text/csv"), "plain": ("CSV", "text/csv"), "json": ("JSON", "application/json"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), "parquet": ("PARQUET", "application/vnd.apache.parquet"),
    "geojson": ("GeoJSON", "application/geo+json"),
}  # fmt: skip
ENDINGS = {"plain": "plain.csv"}
_SORTS = {
    "metadata_modified": "changed_at", "metadata_created": "opened_at", "name": "slug", "title_string": "slug", "title": "slug", "views_recent": "uses",
    "score": "", "relevance": "", "id": "pk",
}  # fmt: skip
# How the matched sets are counted by each field. Sets have few combinations of formats: these are counted first.
_FACETS = {
    "organization": "SELECT o.code AS v, n FROM (SELECT org_id, count(*) AS n FROM matched GROUP BY 1) x JOIN yw_identity_organization o ON o.id = x.org_id",
    "groups": "SELECT theme AS v, count(*) AS n FROM matched GROUP BY 1",
    "license_id": "SELECT licence AS v, count(*) AS n FROM matched GROUP BY 1",
    "tags": "SELECT v, count(*) AS n FROM matched, unnest(tags) AS v GROUP BY 1",
    "res_format": "SELECT upper(v) AS v, sum(n) AS n FROM (SELECT formats, count(*) AS n FROM matched GROUP BY 1) x, unnest(formats) AS v GROUP BY 1",
    "name": "SELECT slug AS v, 1 AS n FROM matched",
}


def stamp(moment: datetime | None) -> str:
    """Write a moment as CKAN does: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() if moment else ""


def condition(node: Node) -> Q:
    """Turn a query into a condition on open sets.

    Raises
    ------
    QueryError
        A value cannot be compared with its field.
    """
    if isinstance(node, And):
        made = Q()
        for part in node.parts:
            made &= condition(part)
        return made
    if isinstance(node, Or):
        made = condition(node.parts[0])
        for part in node.parts[1:]:
            made |= condition(part)
        return made
    if isinstance(node, Not):
        return ~condition(node.part)
    return _range(node) if isinstance(node, Range) else _term(node)


_NONE = Q(pk__in=[])


def _term(term: Term) -> Q:
    field, value = term.field, term.value
    if field in ("", "text", "notes", "title"):
        query = sets.grams(value.rstrip("*"))
        return Q(search__holds=query) if query else _NONE
    if field == "id":
        return Q(uid=value) if _is_uuid(value) else _NONE
    if field == "name":
        return Q(slug__startswith=value[:-1]) if value.endswith("*") else Q(slug=value)
    if field == "tags":
        return Q(tags__contains=[value])
    if field == "organization":
        return Q(org__code=value)
    if field == "owner_org":
        return Q(org__uid=value) if _is_uuid(value) else Q(org__code=value)
    if field == "groups":
        return Q(theme=value)
    if field == "res_format":
        return Q(formats__contains=[value.lower()])
    if field == "license_id":
        return Q(licence=value)
    if field == "frequency":
        return Q(cycle=value)
    if field in ("metadata_modified", "metadata_created"):
        return _range(Range(field, value, value))
    right = {"state": "active", "private": "false", "capacity": "public", "dataset_type": "dataset", "type": "dataset", "entity_type": "package"}
    return Q() if value.lower() == right.get(field, value.lower()) else _NONE


def _range(given: Range) -> Q:
    if given.low == given.high == "*":
        return Q()
    column = {"metadata_modified": "changed_at", "metadata_created": "opened_at"}.get(given.field)
    if column is None:
        raise QueryError(f"no range of {given.field}")
    made = Q()
    for side, value in (("gte", given.low), ("lte", given.high)):
        if value != "*":
            made &= Q(**{f"{column}__{side}": _moment(value)})
    return made


def _moment(text: str) -> datetime:
    if text.startswith("NOW"):
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise QueryError(f"no moment: {text}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def found(q: str, fq: Sequence[str]) -> QuerySet[OpenSet]:
    """Return the open sets of a query and its filters."""
    rows = OpenSet.objects.filter(state=OpenState.OPEN)
    for text in (q, *fq):
        if text and text.strip() not in ("*:*", "*"):
            rows = rows.filter(condition(parse(text)))
    return rows


def ordering(sort: str) -> list[str]:
    """Return the order that a client asks for; the newest first where it says nothing that we know."""
    made = []
    for part in sort.split(","):
        name, _space, way = part.strip().partition(" ")
        if not name:
            continue
        if name not in _SORTS:
            raise QueryError(f"cannot sort by {name}")
        if column := _SORTS[name]:
            made.append(f"{'-' if way.strip().lower() == 'desc' else ''}{column}")
    made = made or ["-changed_at"]
    return [*made, "-pk" if made[0].startswith("-") else "pk"]


def with_parts(rows: QuerySet[OpenSet]) -> QuerySet[OpenSet]:
    return rows.select_related("org", "current").prefetch_related(Prefetch("files", OpenFile.objects.order_by("pk")))


_counted: dict[tuple[Any, ...], dict[str, dict[str, int]]] = {}


def facets(rows: QuerySet[OpenSet], fields: Iterable[str], limit: int, count: int) -> dict[str, dict[str, int]]:
    """Count the sets of a query by the values of some fields, the most frequent first. `count` is how many there are:
    with the moment of the last change it says whether what was counted before still holds."""
    wanted = [f for f in fields if f in _FACETS]
    if not wanted:
        return {f: {} for f in fields}
    newest = OpenSet.objects.filter(state=OpenState.OPEN).order_by("-changed_at", "-pk").values_list("pk", "changed_at").first()
    key = (connection.settings_dict["NAME"], str(rows.query), tuple(wanted), limit, count, newest)
    if key not in _counted:
        if len(_counted) > 500:
            _counted.clear()
        _counted[key] = _count(rows, wanted, limit)
    return {f: _counted[key].get(f, {}) for f in fields}


def _count(rows: QuerySet[OpenSet], wanted: list[str], limit: int) -> dict[str, dict[str, int]]:
    inner, values = rows.order_by().values("org_id", "theme", "licence", "tags", "formats", "slug").query.sql_with_params()
    parts = [f"(SELECT '{f}', v, n FROM ({_FACETS[f]}) {f}_counted ORDER BY 3 DESC, 2 LIMIT {int(limit)})" for f in wanted]
    made: dict[str, dict[str, int]] = {f: {} for f in wanted}
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH matched (org_id, theme, licence, tags, formats, slug) AS MATERIALIZED ({inner}) {' UNION ALL '.join(parts)}", values
        )
        for field, value, n in cursor.fetchall():
            made[field][str(value)] = int(n)
    return made


def facet_names(field: str, values: Iterable[str]) -> dict[str, str]:
    """Return what a person reads for the values of a facet."""
    if field == "organization":
        return {o.code: texts.pick(o.name) for o in Organization.objects.filter(code__in=list(values))}
    if field == "groups":
        return {v: texts.pick(shelf.theme(v).title) for v in values}
    if field == "license_id":
        return {v: texts.pick(shelf.licence(v).title) for v in values}
    return {v: v for v in values}


def organization(org: Organization, **more: Any) -> dict[str, Any]:
    return {
        "id": str(org.uid), "name": org.code, "title": texts.pick(org.name), "type": "organization", "description": "", "image_url": "", "created": "",
        "is_organization": True, "approval_status": "approved", "state": "active",
    } | more  # fmt: skip


def group(code: str, **more: Any) -> dict[str, Any]:
    title = texts.pick(shelf.theme(code).title)
    return {
        "id": str(uuid5(NAMESPACE_URL, f"urn:yiwang:theme:{code}")), "name": code, "title": title, "display_name": title, "description": "", "image_display_url": "",
        "type": "group", "is_organization": False, "state": "active",
    } | more  # fmt: skip


def tag(name: str) -> dict[str, Any]:
    return {"id": str(uuid5(NAMESPACE_URL, f"urn:yiwang:tag:{name}")), "name": name, "display_name": name, "vocabulary_id": None, "state": "active"}


def resource(row: OpenSet, file: OpenFile, at: int, base: str) -> dict[str, Any]:
    form, mime = MIMES[file.format]
    name = texts.pick(row.title)
    return {
        "id": str(file.uid), "package_id": str(row.uid), "name": f"{name}.{ENDINGS.get(file.format, file.format)}", "description": _said(file.format),
        "format": form, "mimetype": mime, "mimetype_inner": None, "url": f"{base}/open/{row.slug}/files/{row.slug}.{ENDINGS.get(file.format, file.format)}",
        "url_type": None, "size": file.bytes, "hash": f"sha256:{file.sha256}", "created": stamp(row.opened_at), "last_modified": stamp(file.made_at),
        "metadata_modified": stamp(file.made_at), "datastore_active": file.format == "plain", "position": at, "state": "active", "resource_type": None,
        "cache_url": None, "cache_last_updated": None,
    }  # fmt: skip


def _said(form: str) -> str:
    from django.utils.translation import gettext as _

    return {"csv": _("For Excel: labels as heads, UTF-8 with a byte order mark"), "plain": _("For programs: names of columns as heads, UTF-8")}.get(form, "")


def package(row: OpenSet, base: str) -> dict[str, Any]:
    """Return an open set as CKAN's package_show does; `base` is the site's address without a slash at its end."""
    licence, resources = shelf.licence(row.licence), [resource(row, f, at, base) for at, f in enumerate(sets.files_of(row))]
    version = row.current
    extras = {
        "frequency": row.cycle, "rows": version.rows if version else 0, "quality": version.quality if version and version.quality is not None else "",
        "as_of": stamp(version.as_of) if version else "", "due": stamp(row.due_at), "version": version.number if version else 0,
    }  # fmt: skip
    return {
        "id": str(row.uid), "name": row.slug, "title": texts.pick(row.title), "notes": texts.pick(row.notes), "type": "dataset", "state": "active", "private": False,
        "isopen": row.licence.startswith("cc"), "author": None, "author_email": None, "maintainer": None, "maintainer_email": None, "version": str(extras["version"]),
        "url": f"{base}/open/{row.slug}/", "license_id": row.licence, "license_title": texts.pick(licence.title), "license_url": _whole(licence.url, base),
        "owner_org": str(row.org.uid), "organization": organization(row.org), "creator_user_id": None,
        "metadata_created": stamp(row.opened_at), "metadata_modified": stamp(row.changed_at), "num_resources": len(resources), "num_tags": len(row.tags),
        "tags": [tag(t) for t in row.tags], "groups": [group(row.theme)], "resources": resources, "extras": [{"key": k, "value": str(v)} for k, v in extras.items()],
        "relationships_as_object": [], "relationships_as_subject": [],
    }  # fmt: skip


def _whole(url: str, base: str) -> str:
    return f"{base}{url}" if url.startswith("/") else url


def by_name(name: str) -> OpenSet | None:
    """Return an open set by its name or number."""
    rows = with_parts(OpenSet.objects.filter(state=OpenState.OPEN))
    return rows.filter(Q(uid=name) if _is_uuid(name) else Q(slug=name)).first()


def file_by_id(name: str) -> OpenFile | None:
    """Return a file of an open set by its number; a set's own number stands for its rows."""
    if not _is_uuid(name):
        return None
    rows = OpenFile.objects.select_related("open_set__org", "open_set__current").filter(open_set__state=OpenState.OPEN)
    return rows.filter(uid=name).first() or rows.filter(open_set__uid=name, format="plain").first()


def organizations() -> list[tuple[Organization, int]]:
    """Return the bodies that opened something, with how many sets."""
    many: Mapping[int, int] = dict(OpenSet.objects.filter(state=OpenState.OPEN).values_list("org_id").annotate(n=Count("pk")))
    return [(o, many[o.pk]) for o in Organization.objects.filter(pk__in=many).order_by("code")]


def groups() -> list[tuple[str, int]]:
    many = dict(OpenSet.objects.filter(state=OpenState.OPEN).values_list("theme").annotate(n=Count("pk")))
    return sorted((t, n) for t, n in many.items())


def tags() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT unnest(tags) AS t FROM datahub_openset WHERE state = 'open' ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]
