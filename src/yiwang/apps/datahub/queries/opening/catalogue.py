"""Facts of the catalogue for harvesters: what DCAT and data packages say of open sets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import override

from yiwang.apps.datahub.lake import opened
from yiwang.apps.datahub.models import OpenSet, OpenState
from yiwang.apps.datahub.queries.opening import ckan, sets
from yiwang.apps.datahub.rules.opening import dcat, drawing, packages, shelf
from yiwang.kernel.base import texts

PAGE = 100


def set_facts(row: OpenSet, base: str) -> dcat.SetFacts:
    """Return what a harvester reads of one set."""
    licence = shelf.licence(row.licence)
    return dcat.SetFacts(
        uri=f"{base}/dataset/{row.uid}", page=f"{base}/open/{row.slug}/", slug=row.slug, title=row.title, notes=row.notes, tags=row.tags,
        publisher=(f"{base}/open/?org={row.org.code}", row.org.name), theme=shelf.theme(row.theme).eu, frequency=shelf.FREQUENCY[row.cycle],
        licence=f"{base}{licence.url}" if licence.url.startswith("/") else licence.url, opened_at=row.opened_at or row.changed_at, changed_at=row.changed_at,
        files=[
            dcat.FileFacts(url=f"{base}/open/{row.slug}/files/{row.slug}.{ckan.ENDINGS.get(f.format, f.format)}", format=f.format, media=ckan.MIMES[f.format][1],
                           bytes=f.bytes, sha256=f.sha256, made_at=f.made_at)
            for f in sets.files_of(row)
        ], period=period_of(row), bbox=bbox_of(row),
    )  # fmt: skip


def period_of(row: OpenSet) -> tuple[str, str]:
    """Return the days that the rows tell of: those of the first date column, else from the opening to the last version."""
    for column in row.current.columns if row.current else []:
        if column["kind"] in ("date", "datetime") and column.get("least") and column.get("most"):
            return str(column["least"])[:10], str(column["most"])[:10]
    return (row.opened_at or row.changed_at).date().isoformat(), row.changed_at.date().isoformat()


def bbox_of(row: OpenSet) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of a set's points from what its snapshot knows of its columns."""
    if row.current is None:
        return None
    place = drawing.place_of(row.current.columns)
    if place is None or not place.lon:
        return None
    known = {c["name"]: c for c in row.current.columns}
    lon, lat = known[place.lon], known[place.lat]
    corners = (lon.get("least"), lat.get("least"), lon.get("most"), lat.get("most"))
    return None if any(c is None for c in corners) else corners


def page(base: str, path: str, number: int) -> tuple[dcat.CatalogueFacts, list[dcat.SetFacts]] | None:
    """Return one page of the catalogue; None when there is no such page."""
    rows = OpenSet.objects.filter(state=OpenState.OPEN)
    total = rows.count()
    last = max(1, -(-total // PAGE))
    if not 1 <= number <= last:
        return None
    found = list(ckan.with_parts(rows).order_by("pk")[(number - 1) * PAGE : number * PAGE])

    def at(n: int) -> str:
        return f"{base}{path}?{urlencode({'page': n})}"

    pages = {"self": at(number), "first": at(1), "last": at(last), "next": at(number + 1) if number < last else "", "previous": at(number - 1) if number > 1 else ""}
    oldest = rows.order_by("opened_at").values_list("opened_at", flat=True).first()
    newest = rows.order_by("-changed_at").values_list("changed_at", flat=True).first() or datetime(2026, 1, 1, tzinfo=UTC)
    name = _site_name()
    facts = dcat.CatalogueFacts(
        uri=f"{base}/catalog", title={"zh-Hans": f"{name['zh-Hans']}公共数据开放目录", "en": f"Open data of {name['en']}"},
        description={"zh-Hans": "各部门向社会开放的数据集。", "en": "Data sets that the bureaus open to everybody."}, publisher=(f"{base}/open/", name), homepage=f"{base}/open/",
        issued_at=oldest or newest, changed_at=newest, total=total, page_size=PAGE, pages=pages, api=f"{base}/api/3/action/",
    )  # fmt: skip
    return facts, [set_facts(row, base) for row in found]


def _site_name() -> dict[str, str]:
    from yiwang.kernel.areas.models import Area

    area = Area.objects.filter(code=settings.REGION).first() or Area.objects.order_by("path").first()
    return {"zh-Hans": texts.pick(area.name, "zh-Hans"), "en": texts.pick(area.name, "en")} if area else {"zh-Hans": "一网", "en": "Yiwang"}


def descriptor(row: OpenSet, base: str, *, within: bool = False) -> dict[str, Any]:
    """Return the set's data package; `within` names files as they lie in the zip."""
    licence, version = shelf.licence(row.licence), row.current
    assert version is not None
    chosen = [f for f in sets.files_of(row) if f.format in (("plain", "geojson") if within else ("plain", "csv", "json", "xlsx", "parquet", "geojson"))]
    with override("zh-hans"):
        files = [
            {"format": f.format, "path": ("" if within else "files/") + f"{row.slug}.{ckan.ENDINGS.get(f.format, f.format)}", "media": ckan.MIMES[f.format][1], "bytes": f.bytes,
             "sha256": f.sha256}
            for f in sorted(chosen, key=lambda f: f.format != "plain")
        ]  # fmt: skip
    return packages.descriptor(
        slug=row.slug, uid=str(row.uid), title=texts.pick(row.title, "zh-Hans"), notes=texts.pick(row.notes, "zh-Hans"),
        licence={"name": row.licence, "title": texts.pick(licence.title, "zh-Hans"), "path": f"{base}{licence.url}" if licence.url.startswith("/") else licence.url},
        tags=row.tags, created=(row.opened_at or row.changed_at).isoformat(timespec="seconds"), version=str(version.number), publisher=texts.pick(row.org.name, "zh-Hans"),
        homepage=f"{base}/open/{row.slug}/", columns=version.columns, files=files,
    )  # fmt: skip


def file_path(row: OpenSet, form: str) -> Any:
    return opened.absolute(sets.file_of(row, form).path)
