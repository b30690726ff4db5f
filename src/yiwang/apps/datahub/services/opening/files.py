"""The files that people take of an open version: one for each format that its size allows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from openpyxl import Workbook

from yiwang.apps.datahub.lake import opened
from yiwang.apps.datahub.lake.folders import root
from yiwang.apps.datahub.models import OpenFile, OpenSet, OpenVersion
from yiwang.apps.datahub.rules.opening import drawing, shelf
from yiwang.kernel.base import texts
from yiwang.kernel.base.uid import uuid7


@dataclass(frozen=True)
class Made:
    """A file that was written, not yet offered."""

    format: str
    path: Path
    bytes: int
    sha256: str


def make(version: OpenVersion) -> list[Made]:
    """Write all files of a version into a folder of their own."""
    source, columns, sizes = opened.absolute(version.path), version.columns, shelf.files()
    names = [c["name"] for c in columns]
    folder = opened.folder(version.open_set.slug) / f"v{version.number}-{uuid7()}"
    folder.mkdir()
    stem = folder / version.open_set.slug
    try:
        opened.write_csv(source, stem.with_suffix(".csv"), columns, for_people=True)
        opened.write_csv(source, stem.with_suffix(".plain.csv"), columns, for_people=False)
        written = {"csv": stem.with_suffix(".csv"), "plain": stem.with_suffix(".plain.csv"), "parquet": stem.with_suffix(".parquet")}
        shutil.copyfile(source, written["parquet"])
        if version.rows <= sizes["json_rows"]:
            written["json"] = stem.with_suffix(".json")
            opened.write_json(source, written["json"], names)
        if version.rows <= sizes["xlsx_rows"]:
            written["xlsx"] = stem.with_suffix(".xlsx")
            _xlsx(source, written["xlsx"], columns, texts.pick(version.open_set.title, "zh-Hans"))
        place = drawing.place_of(columns)
        if place and version.rows <= sizes["geojson_rows"]:
            written["geojson"] = stem.with_suffix(".geojson")
            _geojson(source, written["geojson"], columns, place)
        return [Made(form, path, path.stat().st_size, opened.sha256_of(path)) for form, path in written.items()]
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _xlsx(source: Path, target: Path, columns: Sequence[dict[str, Any]], title: str) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(ch for ch in title if ch not in "[]:*?/\\")[:31] or "data")
    sheet.freeze_panes = "A2"
    sheet.append([c["label"] for c in columns])
    texty = [c["kind"] in ("string", "code", "geometry") for c in columns]
    for rows in opened.batches(source, [c["name"] for c in columns]):
        for row in rows:
            sheet.append([_cell(v) if is_text else v for v, is_text in zip(row, texty, strict=True)])
    book.save(target)


def _cell(value: Any) -> Any:
    """Return a text so that no spreadsheet takes it for a formula (公式注入), and without what XML cannot hold."""
    if not isinstance(value, str):
        return value
    clean = "".join(ch for ch in value if ch >= " " or ch in "\t\n")[:32_767]
    return "'" + clean if clean[:1] in ("=", "+", "-", "@", "\t") else clean


def _geojson(source: Path, target: Path, columns: Sequence[dict[str, Any]], place: drawing.Place) -> None:
    names = [c["name"] for c in columns]
    with target.open("w", encoding="utf-8") as out:
        out.write('{"type":"FeatureCollection","features":[')
        first = True
        for rows in opened.batches(source, names):
            for row in rows:
                values = {name: opened.plain(v) for name, v in zip(names, row, strict=True)}
                geometry = drawing.geometry_of(values, place)
                properties = {k: v for k, v in values.items() if k not in place.names}
                out.write(("" if first else ",\n") + json.dumps({"type": "Feature", "geometry": geometry, "properties": properties}, ensure_ascii=False))
                first = False
        out.write("]}")


def keep(row: OpenSet, made: Sequence[Made], moment: datetime) -> None:
    """Offer the files in the place of those before; in the transaction of the release."""
    before = {f.format: f for f in row.files.select_for_update()}
    old = {str(Path(f.path).parent) for f in before.values()}
    for one in made:
        path = str(one.path.relative_to(root()))
        found = before.pop(one.format, None) or OpenFile(open_set=row, format=one.format)
        found.path, found.bytes, found.sha256, found.made_at = path, one.bytes, one.sha256, moment
        found.save()
    for gone in before.values():
        gone.delete()
    transaction.on_commit(lambda: _forget(old))


def _forget(folders: set[str]) -> None:
    for folder in folders:
        shutil.rmtree(root() / folder, ignore_errors=True)


def remove(made: Sequence[Made]) -> None:
    """Forget files that were not offered after all."""
    for one in made:
        shutil.rmtree(one.path.parent, ignore_errors=True)
