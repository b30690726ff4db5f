"""Make the dump of a release, from which later releases are tested to upgrade: `python -m tests.upgrade.make 0.1`.

Run it once, when a release is made, in that release's own checkout, with YIWANG_PG_HOST and YIWANG_PG_PORT naming a
server for tests (`./dev test` shows how one is started). It holds the schema, what ships, made-up people and a few cases
at several stops: no personal data, no files. Commit the result; it is never made again.
"""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
MOST_KB = 300


def main(release: str) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    from tools import cluster
    from tools.database import Server
    from tools.testdb import TestDatabases

    target = FOLDER / f"{release}.sql.xz"
    if target.exists():
        print(f"{target.name} is there; a release's dump is made once.", file=sys.stderr)
        return 1
    config: Any = settings.DATABASES["default"]
    config["OPTIONS"].pop("pool", None)
    server = Server(str(config["HOST"]), str(config["PORT"]), os.environ.get("PGUSER", "postgres"))
    databases = TestDatabases(server)
    try:
        with databases.cloned() as name:
            connections.close_all()
            config["NAME"] = connections.settings["default"]["NAME"] = connections["default"].settings_dict["NAME"] = name
            fill()
            connections.close_all()
            dumped = subprocess.run(
                [str(cluster.bin_dir() / "pg_dump"), "-h", server.host, "-p", server.port, "-U", server.user, "--format=plain",
                 "--exclude-table-data=public.django_session", name], check=True, capture_output=True,
            ).stdout  # fmt: skip
    finally:
        databases.close()
    target.write_bytes(lzma.compress(dumped, preset=9 | lzma.PRESET_EXTREME))
    size = target.stat().st_size / 1024
    print(f"{target.name}: {size:.0f} kB")
    return 0 if size <= MOST_KB else 1


def fill() -> None:
    """Some cases: new, waiting for each desk, at the department with an extension asked, refused."""
    from tests.walk import COVER_MISSING, advance, do, report
    from tests.world import build

    world = build()

    def call(text: str, at: tuple[int, int]) -> Any:
        return report(world, who="acceptor2", channel="hotline", text=text, at=at, photo="")

    call("井盖不见了", (0, 0))
    advance(world, call("井盖缺失，路口", (1, 1)), "pending_file")
    advance(world, call("井盖缺失，桥头", (2, 2)), "pending_dispatch", condition=COVER_MISSING)
    at_work = advance(world, call("井盖缺失，校门口", (3, 3)), "pending_handle", condition=COVER_MISSING)
    do(world, at_work, "handler2", "extend", "handle", reason="配件两天后到")
    do(world, at_work, "leader", "supervise", reason="请今日内办结")
    rests = advance(world, call("井盖缺失，河边", (4, 4)), "pending_handle", condition=COVER_MISSING)
    do(world, rests, "dispatcher", "urge")
    do(world, call("路灯太亮", (4, 0)), "acceptor", "complete", "accept", "refuse", reason="不属于城市管理")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
