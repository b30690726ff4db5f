"""Fifty people working: mixed clicks with time to think, all processes and the clients on this machine.

    ./dev bench --sample none mixed [--people 50] [--minutes 2] [--cases 100k] [--chart FILE.svg]

The short form is 2 minutes, the long one `--minutes 20`; `--minutes 60 --chart docs/memory.svg` draws memory over an hour.
With `--keep NAME` before `mixed` the grown database is kept for the next run (tools/run_bench.py); after the table of clicks
stands how each ten minutes went by themselves.

Each person signs in by the form, keeps the live stream open, and clicks every 4 to 12 seconds what his post clicks: desk,
case, list, map with its layer, board, search, a report, a task done. A refusal because somebody was faster (409) is an
answer; anything else but what the click expects is an error. Memory is the proportional share (PSS) of every process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import sys
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
import httpx

THINK_S = (4.0, 12.0)
WINDOW_S = 600.0
STAFF = (("acceptor", 9), ("shift_leader", 5), ("dispatcher", 5), ("district_dispatcher", 3), ("leader", 3))
# What people of a post click, by weight.
CLICKS: dict[str, dict[str, int]] = {
    "acceptor": {"desk": 4, "case": 5, "list": 2, "search": 2, "report": 3, "accept": 4},
    "shift_leader": {"desk": 4, "case": 6, "list": 3, "board": 1, "search": 1},
    "dispatcher": {"desk": 4, "case": 6, "list": 2, "map": 2, "search": 1},
    "district_dispatcher": {"desk": 4, "case": 6, "list": 2, "map": 2},
    "leader": {"board": 3, "map": 2, "list": 2, "case": 2, "desk": 1},
    "handler": {"desk": 5, "case": 6, "list": 1},
    "inspector": {"desk": 4, "case": 4, "map": 3},
}
FILTERS = ("", "?state=open", "?overdue=1", "?state=open&q=井盖", "?state=ended&q=垃圾", "?state=handling", "?urgent=1&state=open")
WORDS = ("井盖", "路面", "垃圾", "积水", "树木", "路灯")


@dataclass
class Notes:
    """What happened: (seconds after the start, milliseconds) by kind of click, and every error in words with its second."""

    spent: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    failed: list[tuple[float, str]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    faster: int = 0
    heard: int = 0

    def took(self, kind: str, milliseconds: float) -> None:
        self.spent[kind].append((time.monotonic() - self.began, milliseconds))

    def error(self, words: str) -> None:
        self.failed.append((time.monotonic() - self.began, words))


@dataclass
class Person:
    """One person at work."""

    role: str
    username: str
    client: httpx.AsyncClient
    notes: Notes
    rng: random.Random
    places: list[tuple[float, float]]
    cases: list[str] = field(default_factory=list)  # addresses seen on the desk and in lists

    async def work(self, until: float) -> None:
        kinds = list(CLICKS[self.role])
        weights = [CLICKS[self.role][k] for k in kinds]
        await asyncio.sleep(self.rng.uniform(0, THINK_S[1]))
        while time.monotonic() < until:
            kind = self.rng.choices(kinds, weights)[0]
            try:
                await getattr(self, kind)()
            except (httpx.HTTPError, KeyError, ValueError) as error:
                self.notes.error(f"{kind}: {type(error).__name__} {error}"[:200])
            await asyncio.sleep(self.rng.uniform(*THINK_S))

    async def ask(self, kind: str, path: str, *, expected: tuple[int, ...] = (200,), **more: Any) -> httpx.Response:
        began = time.perf_counter()
        response = await self.client.request(more.pop("method", "GET"), path, **more)
        self.notes.took(kind, (time.perf_counter() - began) * 1000)
        if response.status_code not in expected:
            self.notes.error(f"{kind} {path}: {response.status_code} {response.text[:160]}")
        return response

    async def desk(self) -> None:
        self.remember(await self.ask("desk", self.rng.choice(("/city/desk/", "/city/desk/", "/city/desk/?tab=done", "/city/desk/?when=overdue"))))

    async def list(self) -> None:
        self.remember(await self.ask("list", "/city/cases/" + self.rng.choice(FILTERS)))

    async def search(self) -> None:
        self.remember(await self.ask("search", f"/search/?q={self.rng.choice(WORDS)}"))

    async def board(self) -> None:
        await self.ask("board", "/city/board/")

    async def case(self) -> None:
        if not self.cases:
            await self.desk()
        if self.cases:
            await self.ask("case", self.rng.choice(self.cases))

    async def map(self) -> None:
        await self.ask("map", "/city/map/")
        lon, lat = self.rng.choice(self.places)
        for zoom, reach in ((12, 0.1), (15, 0.012)):
            box = f"{lon - reach:.5f},{lat - reach:.5f},{lon + reach:.5f},{lat + reach:.5f}"
            await self.ask("map layer", f"/map/layers/city.open_cases.geojson?bbox={box}&zoom={zoom}")

    async def report(self) -> None:
        lon, lat = self.rng.choice(self.places)
        body = {"text": "路面有坑，直径约半米，雨天积水", "class": "matter:06013", "lon": lon, "lat": lat, "channel": "hotline",
                "person": {"name": "来电人", "phone": "19900001234"}}  # fmt: skip
        await self.send("report", "/api/v1/reports", body, (201,))

    async def accept(self) -> None:
        tasks = (await self.ask("tasks", "/api/v1/tasks", headers={"Accept": "application/json"})).json()["items"]
        waiting = [t for t in tasks if t["step"] == "accept"]
        if not waiting:
            return
        task = self.rng.choice(waiting)
        response = await self.send("task done", f"/api/v1/tasks/{task['uid']}/actions", {"action": "complete", "outcome": "pass"}, (200, 409))
        self.notes.faster += response.status_code == 409

    async def send(self, kind: str, path: str, body: dict[str, Any], expected: tuple[int, ...]) -> httpx.Response:
        headers = {"Idempotency-Key": uuid.uuid4().hex, "X-CSRFToken": self.token(), "Accept": "application/json",
                   "Referer": str(self.client.base_url)}  # fmt: skip
        return await self.ask(kind, path, method="POST", json=body, headers=headers, expected=expected)

    def token(self) -> str:
        return next((c.value or "" for c in self.client.cookies.jar if c.name.endswith("csrftoken")), "")

    def remember(self, response: httpx.Response) -> None:
        found = {part.split('"', 1)[0] for part in response.text.split('data-href="')[1:]}
        self.cases = (sorted(found) or self.cases)[:60]

    async def listen(self, live: str) -> None:
        """Keep the live stream open, as every page does."""
        headers = {"Origin": str(self.client.base_url).rstrip("/")}
        while True:
            try:
                async with self.client.stream("GET", live, headers=headers, timeout=None) as response:
                    if response.status_code != 200:
                        self.notes.error(f"live stream: {response.status_code}")
                        return
                    async for line in response.aiter_lines():
                        self.notes.heard += line.startswith("id:")
            except httpx.HTTPError as error:
                self.notes.error(f"live stream: {type(error).__name__}")
                await asyncio.sleep(2)


def staff(people: int) -> list[tuple[str, str]]:
    """Return (role, username) of so many people of the sample: a third inspectors, a third departments, the centre."""
    from yiwang.kernel.identity.models import Account

    found = [(role, f"{role}_{n:02d}") for role, most in STAFF for n in range(1, most + 1)]
    found = found[: max(1, people // 2)]
    names = list(Account.objects.filter(username__endswith="-1").order_by("username").values_list("username", flat=True))
    patrols = list(Account.objects.filter(username__startswith="patrol_").order_by("username").values_list("username", flat=True))
    left = people - len(found)
    found += [("handler", n) for n in names[: left // 2]]
    return found + [("inspector", n) for n in patrols[: people - len(found)]]


async def run(port: int, live_port: int, who: list[tuple[str, str, dict[str, str]]], places: list[tuple[float, float]], seconds: float, notes: Notes) -> None:
    """Let everybody work for so long."""
    notes.began = time.monotonic()
    until = notes.began + seconds
    working, listening, clients = [], [], []
    for number, (role, username, cookies) in enumerate(who):
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=30, headers={"Accept-Language": "zh-CN"})
        clients.append(client)
        person = Person(role, username, client, notes, random.Random(number), places)
        working.append(asyncio.create_task(person.work(until)))
        listening.append(asyncio.create_task(person.listen(f"http://127.0.0.1:{live_port}/live/")))
    await asyncio.gather(*working)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    for client in clients:
        await client.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mixed", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--cases", default="100k")
    parser.add_argument("--chart", type=Path, help="draw the memory of every process into this SVG file")
    parser.add_argument("--out", type=Path, help="keep the figures as JSON")
    options = parser.parse_args(sys.argv[1:])
    django.setup()
    from bench import _chart, _grow
    from bench._people import Browser
    from bench._platform import Sampler, database_mb, running
    from bench._serving import points
    from bench.scale import size_of

    cases = _grow.grow(size_of(options.cases), lambda text: print(text, flush=True))
    places, notes = points(500), Notes()
    with running() as platform:
        idle = platform.memory()
        who = []
        for role, username in staff(options.people):
            who.append((role, username, dict(Browser(platform.port).sign_in(username).cookies)))
        print(f"{len(who)} people signed in; {cases:,} cases; {options.minutes:g} minutes", flush=True)
        sampler = Sampler(platform)
        sampler.start()
        began, cpu = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        asyncio.run(run(platform.port, platform.live_port, who, places, options.minutes * 60, notes))
        seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
        sampler.stop()
        ended, database = platform.alive(), database_mb()
    own = (used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime) / seconds
    figures = summary(notes, sampler.rows, idle, seconds)
    figures |= {"people": len(who), "cases": cases, "client_cores": own, "ended": ended, "database_mb": database}
    show(figures)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n")
    if options.chart:
        names = list(sampler.rows[0][1])
        lines = [_chart.Line(n, [(t / 60, m[n]) for t, m, _load in sampler.rows]) for n in names]
        lines.append(_chart.Line("together", [(t / 60, sum(m.values())) for t, m, _load in sampler.rows]))
        title = f"Memory, {len(who)} people working"
        options.chart.write_text(_chart.svg(title, lines, x="minutes", y="MB (PSS)"), encoding="utf-8")
    if notes.failed or ended:
        raise SystemExit(f"{len(notes.failed)} errors, services that ended: {ended or 'none'}")


def summary(notes: Notes, rows: list[tuple[float, dict[str, int], float]], idle: dict[str, int], seconds: float) -> dict[str, Any]:
    every = [m for spent in notes.spent.values() for _at, m in spent]
    kinds = {k: {"count": len(v), **_cuts([m for _at, m in v])} for k, v in sorted(notes.spent.items())}
    loads = [load for _t, _m, load in rows]
    later = rows[len(rows) // 2 :] or rows
    return {
        "minutes": seconds / 60, "clicks": len(every), "per_second": len(every) / seconds, **_cuts(every), "kinds": kinds,
        "windows": windows(notes, rows), "errors": [words for _at, words in notes.failed[:20]], "error_count": len(notes.failed), "faster": notes.faster, "heard": notes.heard, "load": [min(loads), statistics.median(loads), max(loads)],
        "idle": idle, "first": rows[0][1], "last": rows[-1][1], "slope_mb_per_hour": _slope([(t, sum(m.values())) for t, m, _load in later]) * 3600,
    }  # fmt: skip


def windows(notes: Notes, rows: list[tuple[float, dict[str, int], float]]) -> list[dict[str, Any]]:
    """Return how each ten minutes went by themselves: a fault that comes late does not hide in the whole."""
    moments = [(at, m) for spent in notes.spent.values() for at, m in spent]
    found = []
    for number in range(int(max((at for at, _m in moments), default=0) // WINDOW_S) + 1):
        first, end = number * WINDOW_S, (number + 1) * WINDOW_S
        mine = [m for at, m in moments if first <= at < end]
        memory = [sum(parts.values()) for at, parts, _load in rows if first <= at < end]
        found.append({
            "from_minute": round(first / 60), "count": len(mine), **_cuts(mine), "memory_mb": memory[-1] if memory else 0,
            "errors": sum(first <= at < end for at, _words in notes.failed),
        })  # fmt: skip
    return found


def _cuts(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {"p50": values[0] if values else 0.0, "p95": values[0] if values else 0.0, "most": values[0] if values else 0.0}
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return {"p50": statistics.median(values), "p95": cuts[18], "most": max(values)}


def _slope(points: list[tuple[float, float]]) -> float:
    if len(points) < 3:
        return 0.0
    return statistics.linear_regression([p[0] for p in points], [p[1] for p in points]).slope


def show(figures: dict[str, Any]) -> None:
    print(f"{figures['people']} people, {figures['minutes']:.1f} minutes, {figures['cases']:,} cases: {figures['clicks']} requests, {figures['per_second']:.1f} /s, "
          f"p50 {figures['p50']:.0f}, p95 {figures['p95']:.0f}, longest {figures['most']:.0f} ms; errors {figures['error_count']}; somebody was faster "
          f"{figures['faster']} times; {figures['heard']} events heard live")  # fmt: skip
    print("load of the machine: least {:.1f}, median {:.1f}, most {:.1f} on {} cores; the client used {:.2f} of a core".format(*figures["load"], os.cpu_count(), figures["client_cores"]))
    print("\n| click | count | p50 ms | p95 ms |\n|---|---|---|---|")
    for kind, row in figures["kinds"].items():
        print(f"| {kind} | {row['count']} | {row['p50']:.0f} | {row['p95']:.0f} |")
    print("\n| from minute | requests | p50 ms | p95 ms | longest | errors | memory MB |\n|---|---|---|---|---|---|---|")
    for row in figures["windows"]:
        print(f"| {row['from_minute']} | {row['count']} | {row['p50']:.0f} | {row['p95']:.0f} | {row['most']:.0f} | {row['errors']} | {row['memory_mb']} |")
    print("\n| memory, MB (PSS) | started | first sample | last sample |\n|---|---|---|---|")
    for name in figures["idle"]:
        print(f"| {name} | {figures['idle'][name]} | {figures['first'][name]} | {figures['last'][name]} |")
    print("| together | " + " | ".join(str(sum(figures[k].values())) for k in ("idle", "first", "last")) + " |")
    print(f"slope of the second half: {figures['slope_mb_per_hour']:+.0f} MB an hour; database server {figures['database_mb']} MB")
    for error in figures["errors"]:
        print(f"  error: {error}")


if __name__ == "__main__":
    main()
