"""What the HTTP benchmarks share: the platform served as `./dev up` serves it, clients with kept connections, rates."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

CONNECTIONS = 4
THREADS = 4  # blocking threads of the one web process, as in service
KEY = "bench-key-of-this-run-only"


@dataclass(frozen=True)
class Rate:
    """Operations of one run; milliseconds are of single operations."""

    count: int
    seconds: float
    milliseconds: list[float]

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.milliseconds, n=20) if len(self.milliseconds) > 1 else self.milliseconds * 19
        return f"{self.per_second:8.1f} /s   p50 {statistics.median(self.milliseconds):6.1f} ms   p95 {cuts[18]:6.1f} ms"


@dataclass(frozen=True)
class Compared:
    """HTTP beside raw SQL; `lost` counts what was acknowledged and is not there."""

    http: Rate
    raw: Rate
    statements: str
    lost: int

    @property
    def share(self) -> float:
        return self.http.per_second / self.raw.per_second

    def figures(self) -> dict[str, Any]:
        cuts = statistics.quantiles(self.http.milliseconds, n=20)
        return {
            "count": self.http.count, "http_s": self.http.per_second, "raw_s": self.raw.per_second, "share": self.share,
            "p50": statistics.median(self.http.milliseconds), "p95": cuts[18], "statements": self.statements, "lost": self.lost,
        }  # fmt: skip

    def __str__(self) -> str:
        return (
            f"  over HTTP   {self.http}\n  raw SQL     {self.raw}   ({self.statements})\n"
            f"  share       {100 * self.share:8.1f} %\n  acknowledged and not there: {self.lost}"
        )


def in_turns(turns: int, count: int, ours: Callable[[int, int], Rate], raw: Callable[[int, int], Rate]) -> tuple[Rate, Rate]:
    """Run both by turns over [0, count) and return their sums: other work on the machine then burdens both alike."""
    edges = [count * n // turns for n in range(turns + 1)]
    found: list[tuple[Rate, Rate]] = []
    for number, (first, last) in enumerate(itertools.pairwise(edges)):
        if number % 2:
            other = raw(first, last)
            found.append((ours(first, last), other))
        else:
            found.append((ours(first, last), raw(first, last)))
    return _sum([a for a, _b in found]), _sum([b for _a, b in found])


def _sum(rates: list[Rate]) -> Rate:
    return Rate(sum(r.count for r in rates), sum(r.seconds for r in rates), [m for r in rates for m in r.milliseconds])


def timed(calls: int, work: Callable[[int], Callable[[int], None]], threads: int = CONNECTIONS) -> Rate:
    """Run `calls` operations in `threads` threads that begin together; `work(thread)` prepares one and returns the call."""
    gate, spent = threading.Barrier(threads + 1), [[] for _ in range(threads)]  # type: threading.Barrier, list[list[float]]
    faults: list[BaseException] = []

    def run(number: int) -> None:
        try:
            call = work(number)
            gate.wait(60)
            for index in range(number, calls, threads):
                began = time.perf_counter()
                call(index)
                spent[number].append((time.perf_counter() - began) * 1000)
        except BaseException as error:
            faults.append(error)
            gate.abort()

    running = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(threads)]
    for thread in running:
        thread.start()
    with suppress(threading.BrokenBarrierError):  # a thread failed before it began; its reason is raised below
        gate.wait(60)
    began = time.perf_counter()
    for thread in running:
        thread.join()
    if faults:
        raise faults[0]
    return Rate(calls, time.perf_counter() - began, [m for part in spent for m in part])


@contextmanager
def served() -> Iterator[int]:
    """Serve the platform on the database of the environment and lend its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", str(THREADS), "--no-ws", "--log-level", "warning", "yiwang.site.wsgi:application",
    ]  # fmt: skip
    env = {**os.environ, "YIWANG_DB_POOL": str(THREADS + 4), "YIWANG_LOG_LEVEL": "WARNING"}
    server = subprocess.Popen(command, env=env)
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit("the web server ended; its reason stands above")
        try:
            Caller(port).get("/api/v1/classes?kind=none")
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server did not answer within 30 s")


class Caller:
    """One kept connection."""

    def __init__(self, port: int, key: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"X-Api-Key": key} if key else {}

    def get(self, path: str) -> Any:
        return self._send("GET", path, None, {}, (200,))

    def post(self, path: str, body: dict[str, Any], idempotency_key: str, expected: tuple[int, ...] = (200, 201)) -> Any:
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        return self._send("POST", path, json.dumps(body), headers, expected)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str], expected: tuple[int, ...]) -> Any:
        self.connection.request(method, path, body, {**self.headers, **headers})
        response = self.connection.getresponse()
        content = response.read()
        if response.status not in expected:
            raise SystemExit(f"{method} {path} answered {response.status}: {content[:400]!r}")
        return json.loads(content)


def client_with(*permissions: str) -> None:
    """Let a program with `KEY` in that holds these permissions everywhere."""
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.identity.models import ApiClient, Role, RoleGrant
    from yiwang.kernel.identity.services import create_client

    role, _new = Role.objects.get_or_create(code="bench", defaults={"name": {"zh-Hans": "基准", "en": "Benchmark"}})
    RoleGrant.objects.bulk_create([RoleGrant(role=role, permission=p) for p in permissions], ignore_conflicts=True)
    if not ApiClient.objects.filter(code="bench").exists():
        create_client(system("bench"), code="bench", name="Benchmark", role=role, key=KEY)


def session_with(*permissions: str) -> str:
    """Sign in somebody who holds these permissions everywhere; return his cookie."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.db import transaction

    from yiwang.kernel.areas.models import Area
    from yiwang.kernel.areas.services import add_area
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.base.uid import uuid7
    from yiwang.kernel.identity import services
    from yiwang.kernel.identity.models import Account, Role, RoleGrant
    from yiwang.kernel.identity.sessions import FACTS, SessionStore

    role, _new = Role.objects.get_or_create(code="bench", defaults={"name": {"zh-Hans": "基准", "en": "Benchmark"}})
    RoleGrant.objects.bulk_create([RoleGrant(role=role, permission=p) for p in permissions], ignore_conflicts=True)
    account = Account.objects.filter(username="bench").first()
    if account is None:
        with transaction.atomic():
            name, area = {"zh-Hans": "基准", "en": "Benchmark"}, Area.objects.filter(parent=None).order_by("pk").first()
            area = area or add_area(level="city", code="bench-city", name=name, region="990000", bounded=True)
            body = services.create_organization(system("bench"), code="bench", name=name, kind="bureau", area=area, parent=None)
            post = services.create_post(system("bench"), code="bench", name=name, organization=body, role=role)
            account = services.create_account(system("bench"), username="bench", name="Benchmark", password="kite-paper-lamp-9", must_change=False)[0]
            services.give_post(system("bench"), account=account, post=post)
    session = SessionStore()
    session.update({
        SESSION_KEY: str(account.pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0], HASH_SESSION_KEY: account.get_session_auth_hash(),
        FACTS: {"uid": str(uuid7()), "at": int(time.time()), "address": "127.0.0.1", "agent": "bench"},
    })  # fmt: skip
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def points(count: int) -> list[tuple[float, float]]:
    """Return places inside unit grids, always the same ones."""
    import random

    from django.contrib.gis.db.models.functions import PointOnSurface

    from yiwang.kernel.geography.models import AreaShape

    shapes = AreaShape.objects.filter(level="grid").annotate(inside=PointOnSurface("shape")).order_by("area_id")
    found = [(p.x, p.y) for p in shapes.values_list("inside", flat=True)[:2000]]
    if not found:
        raise SystemExit("there are no unit grids; load the sample first: ./dev bench --sample small")
    draw = random.Random(4)
    return [draw.choice(found) for _ in range(count)]


def is_durable() -> bool:
    """Say whether commits here wait for the disk, for the benchmark and for raw SQL alike."""
    from django.db import connection

    with connection.cursor() as cursor:
        found = []
        for name in ("fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            found.append(cursor.fetchone()[0] == "on")
    return all(found)
