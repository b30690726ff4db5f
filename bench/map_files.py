"""What a large map file costs on its way into a layer: the real service, a real worker, the real reader.

    ./dev bench map_files [--rows 20000 100000 1000000] [--form geojson] [--megabytes 0] [--undo]

A file of components is made (GeoPackage, GeoJSON, CSV or shapefile), sent in, looked at, checked, brought in by jobs, and
with `--undo` taken back. `--megabytes` pads the remark of each row, so that the file gets about so large. Printed for each size:
seconds of each step, rows a second, and the highest own memory (USS: what would be free if the process were not there) of the worker
and of the reader that it starts. The worker's must not grow with the rows. Beside it, the plain COPY of as many points
into a table with the same columns and indexes is what the database alone takes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import django

from bench._platform import below

FORMS = ("gpkg", "geojson", "csv", "shp")
CLASSES = ("01001", "01002", "01003", "02001", "02002", "03001", "03002", "04001")
CHUNK = 50_000
_BUSY = ("reading", "checking", "bringing", "undoing")


def own_kb(pid: int) -> int:
    """Return the memory that is a process's own, in kB; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))


@dataclass
class Peak(threading.Thread):
    """Samples the worker and what it started, five times a second."""

    pid: int
    worker: int = 0
    reader: int = 0
    asked: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.asked.wait(0.2):
            first, *others = below(self.pid)
            self.worker = max(self.worker, own_kb(first))
            self.reader = max([self.reader, *(own_kb(pid) for pid in others)])

    def stop(self) -> Peak:
        self.asked.set()
        self.join(5)
        return self


class OnDisk:
    """A file as an upload."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name

    def chunks(self) -> Iterator[bytes]:
        with self.path.open("rb") as source:
            yield from iter(lambda: source.read(1 << 20), b"")


def spots() -> list[tuple[float, float]]:
    """Return a point within each unit grid of the sample."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(shape) AS p FROM yw_geography_areashape WHERE level = 'grid' ORDER BY area_id) s")
        found = cursor.fetchall()
    if not found:
        raise SystemExit("There are no unit grids: run this on a sample (./dev bench --sample small map_files).")
    return found


def rows(count: int, where: list[tuple[float, float]], pad: int) -> Iterator[tuple[str, str, str, float, float]]:
    """Yield (name, class, remark, longitude, latitude), within some metres of the grids' middles."""
    rng = random.Random(count)
    for n in range(count):
        lon, lat = where[n % len(where)]
        yield (f"部件{n}", CLASSES[n % len(CLASSES)], "普查备注，沿街现场采集" * (pad // 33 + 1) if pad else "",
               round(lon + (rng.random() - 0.5) * 2e-5, 8), round(lat + (rng.random() - 0.5) * 2e-5, 8))  # fmt: skip


def made(form: str, folder: Path, count: int, where: list[tuple[float, float]], pad: int) -> Path:
    """Write the file and return its path; not timed."""
    path = folder / f"components.{form}"
    if form == "csv":
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["名称", "小类", "备注", "经度", "纬度"])
            writer.writerows(rows(count, where, pad))
    elif form == "geojson":
        with path.open("w", encoding="utf-8") as out:
            out.write('{"type": "FeatureCollection", "features": [\n')
            for n, (name, class_code, remark, lon, lat) in enumerate(rows(count, where, pad)):
                one = {"type": "Feature", "properties": {"名称": name, "小类": class_code, "备注": remark}, "geometry": {"type": "Point", "coordinates": [lon, lat]}}
                out.write((",\n" if n else "") + json.dumps(one, ensure_ascii=False))
            out.write("\n]}\n")
    else:
        return _by_gdal(form, folder, rows(count, where, pad))
    return path


def _by_gdal(form: str, folder: Path, coming: Iterator[tuple[str, str, str, float, float]]) -> Path:
    import zipfile
    from itertools import islice

    import numpy as np
    import shapely
    from pyogrio import raw

    path, first = folder / f"components.{form}", True
    while some := list(islice(coming, CHUNK)):
        columns = [np.array([row[at] for row in some], dtype=object) for at in range(3)]
        shapes = shapely.to_wkb(shapely.points([row[3] for row in some], [row[4] for row in some]))
        raw.write(path, shapes, columns, ["mc", "xl", "bz"], driver="GPKG" if form == "gpkg" else "ESRI Shapefile", crs="EPSG:4490", geometry_type="Point",
                  encoding="UTF-8", append=not first)  # fmt: skip
        first = False
    if form == "gpkg":
        return path
    packed = folder / "components.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.glob("components.*")):
            if part != packed:
                archive.write(part, part.name)
    return packed


def worker(log: BinaryIO) -> subprocess.Popen[bytes]:
    """Start a worker as `./dev up` does."""
    return subprocess.Popen([sys.executable, "-m", "yiwang", "procrastinate", "worker", "--concurrency", "2"],
                            env={**os.environ, "YIWANG_PROCESS": "worker"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # fmt: skip


def waited(uid: Any, running: subprocess.Popen[bytes]) -> Any:
    from yiwang.kernel.geography.models import ImportBatch

    while True:
        if running.poll() is not None:
            raise SystemExit("the worker ended")
        found = ImportBatch.objects.select_related("layer").get(uid=uid)
        if found.state not in _BUSY:
            if found.error:
                raise SystemExit(f"refused: {found.error}")
            return found
        time.sleep(0.1)


def measured(file: Path, count: int, *, undo: bool) -> dict[str, Any]:
    """Take one file through all its steps; return seconds by step, and the peaks in MB."""
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.mapdata import services
    from yiwang.kernel.mapdata.contracts import Choice, FieldMapping

    actor, spent, began = system("bench"), {}, time.perf_counter()

    def step(name: str, call: Callable[[], Any]) -> Any:
        nonlocal began
        began = time.perf_counter()
        found = waited(call().uid, running)
        spent[name] = time.perf_counter() - began
        return found

    with (file.parent / "worker.log").open("wb") as log:
        running = worker(log)
        try:
            time.sleep(6)
            peak = Peak(running.pid)
            peak.start()
            batch = step("sent and understood", lambda: services.start(actor, "assets", OnDisk(file)))
            fields = {"name": "mc", "class_code": "xl", "remark": "bz"} if "mc" in [f["name"] for f in batch.understood["fields"]] else {"name": "名称", "class_code": "小类", "remark": "备注"}
            services.choose(actor, batch.uid, Choice.of({**batch.chosen, "crs": batch.chosen["crs"] or "EPSG:4490"}), FieldMapping(fields, {}))
            batch = step("checked", lambda: services.check(actor, batch.uid))
            if batch.counts["rows"] != count or batch.counts["bad"]:
                raise SystemExit(f"not as made: {batch.counts}")
            batch = step("brought in", lambda: services.bring(actor, batch.uid))
            if batch.state != "done" or batch.counts["brought_in"] != count:
                raise SystemExit(f"not brought in: {batch.state} {batch.counts}")
            if undo:
                batch = step("undone", lambda: services.undo(actor, batch.uid))
                if batch.state != "undone":
                    raise SystemExit(f"not undone: {batch.state}")
            peak.stop()
        finally:
            running.terminate()
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()
    return {**spent, "worker": peak.worker / 1024, "reader": peak.reader / 1024}


def plain(count: int, where: list[tuple[float, float]]) -> float:
    """Return the seconds of a plain COPY of as many points into a table like the layer's, indexes and all, rolled back."""
    from django.db import connection, transaction

    from yiwang.kernel.geography.models import Asset

    area = Asset.objects.order_by("pk").values("area_id", "area_path").first() or {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("CREATE TEMP TABLE plain_asset (LIKE yw_geography_asset INCLUDING INDEXES) ON COMMIT DROP")
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'plain_asset' AND is_nullable = 'NO'")
        for (column,) in cursor.fetchall():
            if column != "id":
                cursor.execute(f'ALTER TABLE plain_asset ALTER COLUMN "{column}" DROP NOT NULL')
        began = time.perf_counter()
        with cursor.copy("COPY plain_asset (id, uid, code, class_code, area_id, area_path, point) FROM STDIN") as copy:
            for n, (_name, class_code, _remark, lon, lat) in enumerate(rows(count, where, 0)):
                copy.write_row((n, f"{n:032x}", f"371502{class_code}{n:06d}", class_code, area.get("area_id"), area.get("area_path"), f"SRID=4326;POINT({lon} {lat})"))
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.map_files")
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--form", choices=FORMS, nargs="+", default=["geojson"])
    parser.add_argument("--megabytes", type=int, default=0)
    parser.add_argument("--undo", action="store_true")
    options = parser.parse_args(sys.argv[1:])
    django.setup()
    where = spots()
    for form in options.form:
        first: dict[str, Any] | None = None
        for count in options.rows:
            with tempfile.TemporaryDirectory(prefix="yiwang-bench-map-") as folder:
                file = made(form, Path(folder), count, where, max(0, options.megabytes * 1_000_000 // count - 150))
                size = file.stat().st_size / 1e6
                print(f"{count:,} rows, {form}, {size:.0f} MB (load {os.getloadavg()[0]:.1f})", flush=True)
                found = measured(file, count, undo=options.undo)
            memory = {name: found.pop(name) for name in ("worker", "reader")}
            whole = sum(found.values())
            alone = plain(count, where)
            print("  " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found.items()))
            print(f"  together {whole:.1f} s, {count / whole:,.0f} rows a second; plain COPY {alone:.1f} s; peak of the worker {memory['worker']:.0f} MB, of the reader {memory['reader']:.0f} MB", flush=True)
            if first is not None:
                print(f"  growth of the worker over {first['count']:,} rows: {memory['worker'] - first['worker']:+.0f} MB; of the reader {memory['reader'] - first['reader']:+.0f} MB", flush=True)
            first = first or {"count": count, **memory}


if __name__ == "__main__":
    main()
