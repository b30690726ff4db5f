"""Features over HTTP with a box, 1,000 of them: our OGC API - Features beside pygeoapi on the same PostGIS table in the same run.

    ./dev bench features         (python -m bench.features [COMPONENTS])

pygeoapi is installed from PyPI into a virtual environment of its own, which YIWANG_BENCH_PYGEOAPI may name to be kept; both are
served by one process with four threads and asked by turns. Wanted: at least 3 x its rate.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import django

LIMIT, CALLS, TURNS = 1000, 120, 4
PACKAGES = ("pygeoapi==0.21.0", "psycopg2-binary", "geoalchemy2", "gunicorn")
_TABLE = "yw_geography_asset"


def environment() -> Path:
    """Return a virtual environment with pygeoapi in it, made once."""
    home = Path(os.environ.get("YIWANG_BENCH_PYGEOAPI") or Path(tempfile.gettempdir()) / "yiwang-pygeoapi")
    if not (home / "bin" / "pygeoapi").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", *PACKAGES], check=True)
    return home


def _configuration(port: int) -> dict[str, object]:
    from django.db import connection

    given = connection.settings_dict
    data = {"host": given["HOST"], "port": int(given["PORT"] or 5432), "dbname": given["NAME"], "user": "yiwang_app", "password": given["PASSWORD"] or "none",
            "search_path": ["public"]}  # fmt: skip
    provider = {"type": "feature", "name": "PostgreSQL", "data": data, "id_field": "id", "table": _TABLE, "geom_field": "point", "count": False,
                "properties": ["code", "class_code", "status"]}  # fmt: skip
    text = {"title": {"en": "Components"}, "description": {"en": "Components"}, "keywords": {"en": ["components"]}}
    return {
        "server": {"bind": {"host": "127.0.0.1", "port": port}, "url": f"http://127.0.0.1:{port}", "mimetype": "application/json; charset=UTF-8",
                   "encoding": "utf-8", "languages": ["en"], "gzip": False, "limits": {"default_items": 10, "max_items": 10000},
                   "map": {"url": "http://127.0.0.1/{z}/{x}/{y}", "attribution": "none"}},
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {**text, "keywords_type": "theme", "terms_of_service": "none", "url": "http://127.0.0.1"},
            "license": {"name": "none", "url": "http://127.0.0.1"}, "provider": {"name": "bench", "url": "http://127.0.0.1"},
            "contact": {"name": "bench", "url": "http://127.0.0.1", "email": "none"},
        },
        "resources": {"assets": {"type": "collection", **text, "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}}, "links": [], "providers": [provider]}},
    }  # fmt: skip


@contextmanager
def pygeoapi() -> Iterator[int]:
    """Serve pygeoapi on the same table, one process and four threads, and lend its port."""
    home = environment()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        config, api = Path(folder) / "config.yml", Path(folder) / "openapi.yml"
        config.write_text(json.dumps(_configuration(port)))  # JSON is YAML
        env = {"PATH": f"{home / 'bin'}:{os.environ['PATH']}", "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(api), "LC_ALL": "C.UTF-8"}
        subprocess.run([str(home / "bin" / "pygeoapi"), "openapi", "generate", str(config), "--output-file", str(api)], env=env, check=True)
        server = subprocess.Popen(
            [str(home / "bin" / "gunicorn"), "--bind", f"127.0.0.1:{port}", "--threads", "4", "--log-level", "error", "pygeoapi.flask_app:APP"], env=env
        )
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=20)


def main() -> None:
    django.setup()
    from bench._ground import Reader, grow, place
    from bench._serving import KEY, Rate, client_with, in_turns, served, timed

    size = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    client_with("geography.asset.view")
    grow(size)
    rng, half = random.Random(9), (0.05 if size < 500_000 else 0.015)
    places = [place(rng) for _ in range(CALLS)]
    queries = [urlencode({"limit": LIMIT, "bbox": f"{x - half:.5f},{y - half:.5f},{x + half:.5f},{y + half:.5f}", "f": "json"}) for x, y in places]
    with served() as ours, pygeoapi() as theirs:
        paths = {ours: "/ogc/features/collections/assets/items?", theirs: "/collections/assets/items?"}

        def rate(port: int, first: int, last: int) -> Rate:
            def work(_thread: int):
                reader = Reader(port, {"X-Api-Key": KEY, "Accept": "application/geo+json, application/json"})
                return lambda n: counts.append(len(json.loads(reader.get(paths[port] + queries[first + n])[0])["features"]))

            counts: list[int] = []
            found = timed(last - first, work)
            totals[port] += sum(counts)
            return found

        totals = {ours: 0, theirs: 0}
        for port in (ours, theirs):
            rate(port, 0, 8)  # warm
        totals = {ours: 0, theirs: 0}
        mine, other = in_turns(TURNS, CALLS, lambda a, b: rate(ours, a, b), lambda a, b: rate(theirs, a, b))
    print(f"{size:,} components, box, limit {LIMIT:,}; {CALLS} requests each by turns, reading the answer included")
    print(f"  ours      {mine}   {totals[ours] / CALLS:6.0f} features an answer")
    print(f"  pygeoapi  {other}   {totals[theirs] / CALLS:6.0f} features an answer")
    print(f"  ratio     {mine.per_second / other.per_second:.1f} x")


if __name__ == "__main__":
    main()
