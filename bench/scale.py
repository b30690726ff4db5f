"""How the platform grows: writes and reads at 10,000, 100,000 and 1,000,000 cases, each beside raw SQL of the same rows.

    ./dev bench --sample none scale [SIZE ...] [--out FILE.json] [--only writes|reads] [--rounds N]

Growing to 1m takes a good while; `--keep NAME` keeps the grown database, and the next run of that name begins where it stands:

    ./dev bench --keep big --sample none scale 1m --out figures.json
    ./dev bench --keep big scale 1m --only reads --read tasks --read desk
    ./dev bench --forget big

A kept database is brought to the present tables; it does not shrink, and what earlier runs wrote stays in it.

Sizes are numbers of cases (10k, 100k, 1m; default all three); the database grows from one to the next (bench/_grow.py).
Raw and ours take turns within each figure, so that whatever else the machine does burdens both alike: the shares and
ratios travel between machines, milliseconds do not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import django

SIZES = ("10k", "100k", "1m")
ROUNDS, WARM = 30, 3
WRITES, TURNS = 400, 4


def size_of(text: str) -> int:
    """Return 100000 for "100k"."""
    number, unit = text.lower().rstrip("km"), text.lower()[-1:]
    return int(float(number) * {"k": 1_000, "m": 1_000_000}.get(unit, 1))


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", default=list(SIZES))
    parser.add_argument("--out", type=Path, help="keep the figures here as JSON (those of other sizes in it are kept)")
    parser.add_argument("--only", choices=("writes", "reads"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--writes", type=int, default=WRITES, help="operations of each kind")
    parser.add_argument("--read", action="append", help="only this read (its code); may be repeated")
    return parser.parse_args(arguments)


def say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    options = parse(sys.argv[1:])
    django.setup()
    from bench import _grow

    figures: dict[str, Any] = json.loads(options.out.read_text()) if options.out and options.out.exists() else {}
    for size in sorted(size_of(s) for s in options.sizes):
        cases = _grow.grow(size, say)
        found = figures.setdefault(str(size), {})
        found["cases"] = cases
        if cases > size * 1.2:
            say(f"  this database holds {cases:,} cases already: the figures below are of those, not of {size:,}")
        found["load_before"] = os.getloadavg()
        if options.only != "reads":
            found["writes"] = writes(options.writes)
        if options.only != "writes":
            found.setdefault("reads", {}).update(reads(options.rounds, options.read))
        found["load_after"] = os.getloadavg()
        if options.out:
            options.out.write_text(json.dumps(figures, indent=1) + "\n")
    from bench import _tables

    print(_tables.growth(figures))


def writes(count: int) -> dict[str, Any]:
    """Measure reports accepted and tasks completed over HTTP, in turns with raw SQL."""
    from bench import accept, complete
    from bench._serving import is_durable, served

    if not is_durable():
        raise SystemExit("commits do not wait for the disk here: use ./dev bench, whose cluster is durable")
    with served() as port:
        found = {"accept": accept.compare(port, count, TURNS).figures(), "complete": complete.compare(port, count, TURNS).figures()}
    for name, row in found.items():
        say(f"  {name}: HTTP {row['http_s']:.1f}/s, raw {row['raw_s']:.1f}/s, share {row['share']:.3f}; lost {row['lost']}")
    return found


def reads(rounds: int, only: list[str] | None) -> dict[str, Any]:
    """Measure the hot reads: each round asks raw SQL and the platform the same, one after the other."""
    from django.utils import timezone

    from bench._people import Browser
    from bench._reads import boxes, reader_of, run_raw
    from bench._reads import reads as make
    from bench._rows import connect
    from bench._serving import served

    found: dict[str, Any] = {}
    names = {"handler": busy_handler()}
    with served() as port, connect() as connection, connection.cursor() as cursor:
        connection.autocommit = True
        people: dict[str, Any] = {}
        for read in make(boxes(), now=timezone.now):
            if only and read.code not in only:
                continue
            username = names.get(read.reader, read.reader)
            if username not in people:
                people[username] = (Browser(port).sign_in(username), reader_of(username))
            browser, reader = people[username]
            raw, ours, rows, size = [], [], 0, 0
            times = max(4, rounds // 6) if read.code == "export" else rounds
            for number in range(WARM + times if read.code != "export" else 1 + times):
                path, queries = read.ask(random.Random(number), reader)
                spent: dict[str, float] = {}
                count = 0
                for who in ("raw", "ours") if number % 2 else ("ours", "raw"):  # whoever comes second finds the pages read
                    began = time.perf_counter()
                    if who == "raw":
                        count = run_raw(cursor, queries)
                    else:
                        size = len(browser.get(path, read.accept))
                    spent[who] = (time.perf_counter() - began) * 1000
                if number >= (1 if read.code == "export" else WARM):
                    raw.append(spent["raw"])
                    ours.append(spent["ours"])
                    rows = max(rows, count)
            row = {"label": read.label, "target": read.target, "rows": rows, "bytes": size, "raw_p50": _cut(raw, 50), "raw_p95": _cut(raw, 95),
                   "p50": _cut(ours, 50), "p95": _cut(ours, 95)}  # fmt: skip
            row["ratio_p50"], row["ratio_p95"] = row["p50"] / row["raw_p50"], row["p95"] / row["raw_p95"]
            found[read.code] = row
            say(f"  {read.label:52} raw p50 {row['raw_p50']:7.1f} p95 {row['raw_p95']:7.1f}   HTTP p50 {row['p50']:7.1f} p95 {row['p95']:7.1f} ms"
                f"   x {row['ratio_p50']:.1f} / {row['ratio_p95']:.1f}   ({rows} rows, {size // 1024} KB)")  # fmt: skip
    return found


def busy_handler() -> str:
    """Return the person of one department alone who has the most waiting tasks."""
    from django.db.models import Count

    from yiwang.kernel.cases.models import Task

    rows = (
        Task.objects.filter(state="open", step="handle", org__isnull=False).values_list("org__code").annotate(n=Count("pk")).order_by("-n")
    )
    return f"{rows[0][0]}-1" if rows else "handler"


def _cut(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


if __name__ == "__main__":
    main()
