"""Open data under load: CKAN's package_search over 10,000 sets, and datastore_search over 100,000, a million and ten million rows.

    ./dev bench opening          (python -m bench.opening [--rows 10000000] [--calls 200])

Both are asked over HTTP of one web process with four threads, by one client with a kept connection; next to each stands the same
question asked of the store itself (PostgreSQL for sets, DuckDB over the same Parquet for rows), and the ratio of the medians.
Promised: package_search p95 under 100 ms, datastore_search p95 under 300 ms.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

WORDS = ("树木", "公交", "停车", "空气", "预算", "学校", "医院", "水质", "企业", "道路", "人口", "就业", "供热", "垃圾", "公园", "噪声", "耕地", "旅游", "气象", "电价")
PLACES = ("望湖", "柳岸", "长桥", "朝霞", "听河", "云门", "南陌", "麦香", "新铺")
KEY_SETS = 10_000


def fill_sets(many: int) -> None:
    """Store open sets with files; rows are not needed to find them."""
    from django.utils import timezone

    from yiwang.apps.datahub.models import Dataset, OpenFile, OpenSet, OpenVersion
    from yiwang.apps.datahub.rules.opening import shelf
    from yiwang.kernel.identity.models import Organization

    if OpenSet.objects.filter(slug__startswith="bench-").count() >= many:
        return
    rng, orgs, themes, moment = random.Random(1), list(Organization.objects.select_related("area")[:40]), list(shelf.themes()), timezone.now()
    org = orgs[0]
    dataset, _new = Dataset.objects.get_or_create(code="bench-sets", defaults={"name": {"zh-Hans": "量测"}, "org": org, "org_path": org.path, "area_path": org.area.path})
    made = []
    for n in range(many):
        org, words = rng.choice(orgs), rng.sample(WORDS, 3)
        made.append(OpenSet(
            slug=f"bench-{n}", dataset=dataset, org=org, org_path=org.path, area_path=org.area.path, title={"zh-Hans": f"{rng.choice(PLACES)}{words[0]}{words[1]}情况{n}", "en": f"Set {n}"},
            notes={"zh-Hans": f"{rng.choice(PLACES)}街道{words[2]}的登记与变化，按月更新，含位置和数量。"}, theme=rng.choice(themes), tags=words, formats=["csv", "json", "parquet", "xlsx"], licence="cc-by-4.0",
            cycle="monthly", state="open", opened_at=moment - timedelta(days=rng.randrange(900)), changed_at=moment - timedelta(minutes=n), uses=rng.randrange(9000),
        ))  # fmt: skip
    rows = OpenSet.objects.bulk_create(made, batch_size=1000)
    versions = OpenVersion.objects.bulk_create([OpenVersion(open_set=r, number=1, state="replaced", path="none", sha256="0" * 64, rows=1, bytes=1) for r in rows], batch_size=1000)
    for row, version in zip(rows, versions, strict=True):
        row.current = version
    OpenSet.objects.bulk_update(rows, ["current"], batch_size=1000)
    OpenFile.objects.bulk_create([OpenFile(open_set=r, format=f, path="none", bytes=1, sha256="0" * 64, made_at=moment) for r in rows for f in ("csv", "plain", "json", "parquet", "xlsx")], batch_size=5000)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE datahub_openset")


def fill_rows(many: int) -> tuple[str, Any]:
    """Write a version of so many rows and return the number of its file and the Parquet."""
    from django.utils import timezone

    from yiwang.apps.datahub.lake import connect, opened
    from yiwang.apps.datahub.lake.folders import root
    from yiwang.apps.datahub.models import OpenFile, OpenSet, OpenVersion

    columns = [{"name": n, "label": n, "kind": k, "unit": "", "description": "", "step": "keep", "personal": ""} for n, k in
               (("station", "string"), ("day", "date"), ("hour", "integer"), ("pm", "decimal"), ("level", "string"), ("device", "string"))]  # fmt: skip
    slug = f"bench-rows-{many}"
    target = opened.folder(slug) / "rows.parquet"
    with connect() as con:
        sql = (
            "SELECT 'S' || hash(i) % 900 AS station, DATE '2020-01-01' + (i // 5000)::INTEGER AS day, (hash(i * 7) % 24)::BIGINT AS hour, round((hash(i * 3) % 3000) / 10.0, 1)::DOUBLE AS pm,"
            f" ['优', '良', '轻度污染', '中度污染'][1 + (hash(i * 11) % 4)::INTEGER] AS level, 'D' || hash(i * 13) % {max(10, many // 2)} AS device FROM range(1, {many} + 1) t(i)"
        )
        made = opened.write_snapshot(con, sql, target, columns)
    base = OpenSet.objects.filter(slug__startswith="bench-").first()
    assert base is not None
    row, _new = OpenSet.objects.get_or_create(slug=slug, defaults={
        "dataset": base.dataset, "org": base.org, "org_path": base.org_path, "area_path": base.area_path, "title": {"zh-Hans": slug}, "theme": "environment", "licence": "cc0-1.0", "state": "open"})  # fmt: skip
    row.current = OpenVersion.objects.create(open_set=row, number=row.versions.count() + 1, state="replaced", columns=made.columns, path=str(target.relative_to(root())), sha256=made.sha256, rows=made.rows, bytes=made.bytes)
    row.save()
    file, _new = OpenFile.objects.update_or_create(open_set=row, format="plain", defaults={"path": str(target.relative_to(root())), "bytes": made.bytes, "sha256": made.sha256, "made_at": timezone.now()})
    return str(file.uid), target


def serve() -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = {**os.environ, "YIWANG_RATES": "*=off"}
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4", "--log-level", "error", "yiwang.site.wsgi:application"],
        env=env,
    )  # fmt: skip
    for _try in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server, port
        time.sleep(0.1)
    raise SystemExit("the server did not come up")


def timed(calls: int, do: Callable[[], None]) -> list[float]:
    do()
    took = []
    for _call in range(calls):
        began = time.perf_counter()
        do()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


def shown(name: str, ours: list[float], raw: list[float], promise: float) -> bool:
    p95 = ours[int(len(ours) * 0.95) - 1]
    print(f"{name:<46} p50 {statistics.median(ours):7.1f} ms  p95 {p95:7.1f} ms   raw p50 {statistics.median(raw):7.1f} ms   ratio {statistics.median(ours) / statistics.median(raw):5.2f}   {'held' if p95 < promise else 'MISSED'} (< {promise:.0f} ms)", flush=True)
    return p95 < promise


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--calls", type=int, default=200)
    given = asked.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiwang.site.settings")
    django.setup()
    from django.db import connection

    from yiwang.apps.datahub.lake import connect, opened

    fill_sets(KEY_SETS)
    server, port = serve()
    client, rng, good = http.client.HTTPConnection("127.0.0.1", port, timeout=120), random.Random(2), True

    def post(action: str, body: dict[str, Any]) -> dict[str, Any]:
        client.request("POST", f"/api/3/action/{action}", json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(client.getresponse().read())
        assert answer["success"], answer
        return dict(answer["result"])

    def statement(sql: str, values: list[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.fetchall()

    try:
        facets = ["organization", "groups", "tags", "res_format"]
        raw_sql = "SELECT id, slug, title FROM datahub_openset WHERE state = 'open' AND search @@ %s::tsquery ORDER BY changed_at DESC LIMIT 10"
        word = lambda: rng.choice(WORDS)  # noqa: E731
        for name, body in (
            ("package_search, two words", lambda: {"q": f"{word()} {rng.choice(PLACES)}"}), ("package_search, word and filter", lambda: {"q": word(), "fq": f"groups:environment tags:{word()}"}),
            ("package_search, word with four facets", lambda: {"q": word(), "facet.field": facets}), ("package_search, everything with four facets", lambda: {"facet.field": facets, "rows": 20}),
        ):  # fmt: skip
            ours = timed(given.calls, lambda body=body: post("package_search", body()) and None)  # type: ignore[misc]
            raw = timed(given.calls, lambda: statement(raw_sql, [f"'{word()}'"]))
            good &= shown(f"{name} ({KEY_SETS:,} sets)", ours, raw, 100)
        sizes = [n for n in (100_000, 1_000_000, 10_000_000) if n <= given.rows]
        for many in sizes:
            rid, target = fill_rows(many)
            source = opened.sources([target])
            values = {
                "station": lambda: f"S{rng.randrange(900)}", "hour": lambda: rng.randrange(24), "level": lambda: rng.choice("优良"), "pm": lambda: rng.randrange(3000) / 10,
                "device": lambda many=many: f"D{rng.randrange(max(10, many // 2))}",
            }  # fmt: skip
            with connect() as con:
                for column, value in values.items():
                    def ours_once(column: str = column, value: Callable[[], Any] = value, rid: str = rid) -> None:
                        post("datastore_search", {"resource_id": rid, "filters": {column: value()}})

                    def raw_once(column: str = column, value: Callable[[], Any] = value, source: str = source) -> None:
                        v = value()
                        con.execute(f"SELECT * FROM {source} WHERE {column} = ? ORDER BY _id LIMIT 100", [v]).fetchall()
                        con.execute(f"SELECT count(*) FROM {source} WHERE {column} = ?", [v]).fetchall()

                    calls = given.calls if many < 10_000_000 else max(40, given.calls // 4)
                    good &= shown(f"datastore_search by {column} ({many:,} rows)", timed(calls, ours_once), timed(max(20, calls // 4), raw_once), 300)
    finally:
        server.terminate()
        server.wait(timeout=20)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
