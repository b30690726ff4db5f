"""Judging a county: all indicators over all areas, departments, posts, people, classes and channels for a month; facts; drill-down.

    ./dev bench --sample none judging --facts 100k 1m      counting, at so many cases a year
    ./dev bench --keep big --sample none judging --cases 1m  rebuild of the facts, keeping up, from a number to its cases

`--facts` loads the first 10,000 cases of the sample county, makes their facts and multiplies the facts alone (a copy lies up to a
year earlier), so that every case has all its stages. The month with most cases is counted for every kind of object at once; beside
it the same numbers by plain statements, one GROUP BY for each source, date and kind, as somebody would write them by hand.
`--cases` grows whole cases (bench/_grow.py: of a closed copy three of about nine stages are kept) over ten years; a "month" of a
county with that many cases a year is then as many months as hold a twelfth of the cases.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import django

from bench import _grow
from bench.scale import size_of

ROUNDS, DRILLS, EVENTS = 3, 60, 3000
COPIED = {"yw_indicators_casefact": "case_id", "yw_indicators_stagefact": "task_id", "yw_indicators_reportfact": "report_id"}
MOMENTS = ("reported_at", "filed_at", "dispatched_at", "handled_at", "closed_at", "due_at", "opened_at", "seen_at", "done_at", "received_at", "occurred_at")


def say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.judging", description=__doc__.splitlines()[0])
    parser.add_argument("--facts", nargs="*", default=[], help="cases a year: 100k 1m")
    parser.add_argument("--cases", help="grow whole cases to this number first")
    options = parser.parse_args(sys.argv[1:])
    django.setup()
    from yiwang.kernel.indicators.services.defining import load_shipped

    if options.cases:
        _grow.grow(size_of(options.cases), say)
        load_shipped()
        _whole_cases()
    if options.facts:
        _grow.load_base(say)
        load_shipped()
        _only_facts([size_of(s) for s in options.facts])


def _rebuild() -> None:
    """As the owner: it makes tables."""
    import os
    import subprocess

    done = subprocess.run([sys.executable, "-m", "yiwang", "indicators", "rebuild"], env=os.environ | {"YIWANG_DB_ROLE": "owner"}, check=True,
                          capture_output=True, text=True)  # fmt: skip
    for line in done.stdout.splitlines():
        say(f"  {line}")


def _only_facts(sizes: list[int]) -> None:
    base, there = _one("SELECT count(*) FROM yw_cases_case"), _one("SELECT count(*) FROM yw_indicators_casefact")
    if there <= base:  # else a kept database whose facts have grown already
        _rebuild()
        there = base
    done = round(there / base)
    for size in sorted(sizes):
        wanted = max(1, round(size / base))
        began = time.monotonic()
        with _grow.admin() as connection:
            for table, key in COPIED.items():
                _multiply(connection, table, key, base, done, wanted)
                connection.execute(f"ANALYZE {table}")
        done = wanted
        cases, stages = (_one(f"SELECT count(*) FROM yw_indicators_{t}fact") for t in ("case", "stage"))
        say(f"\n{cases:,} cases and {stages:,} stages in a year (grown in {time.monotonic() - began:.0f} s)")
        _count_a_month()


def _multiply(connection: Any, table: str, key: str, base: int, done: int, wanted: int) -> None:
    rows = connection.execute(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' AND table_schema = 'public' ORDER BY ordinal_position").fetchall()
    names = [r[0] for r in rows]
    stride = 100_000_000
    for k in range(done, wanted):
        def of(name: str, k: int = k) -> str:
            if name in (key, "case_id"):
                return f"{name} + {k}::bigint * {stride}"
            return f"{name} - interval '{k * 7919 % 365} days'" if name in MOMENTS else name

        connection.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(of(n) for n in names)} FROM {table} WHERE {key} < {stride}")


def _one(sql: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def _asked(first: date, last: date) -> Any:
    from yiwang.kernel.indicators.contracts import Asked, ObjectKind, Period, PeriodKind
    from yiwang.kernel.indicators.queries.league import judged_at

    period = Period(PeriodKind.RANGE, first, last)
    return Asked(period=period, as_of=judged_at(period), kinds=tuple(ObjectKind))


def _busiest_month() -> tuple[date, date]:
    from django.db import connection

    from yiwang.kernel.indicators.contracts import PeriodKind
    from yiwang.kernel.indicators.rules.periods import of_day

    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('month', due_at)::date, count(*) FROM yw_indicators_casefact WHERE due_at IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1")
        period = of_day(PeriodKind.MONTH, cursor.fetchone()[0])
    return period.first, period.last


def _count_a_month() -> None:
    from yiwang.kernel.indicators.queries import catalogue, evaluate, league

    first, last = _busiest_month()
    asked = _asked(first, last)
    found = catalogue.on_day(last)
    measures = list(found.measures.values())
    numbers = evaluate.measures(asked, measures)
    say(f"  {first:%Y-%m}: {numbers[asked.kinds[0], '']['inst']:,.0f} cases filed, {len(measures)} measures x {len(numbers):,} objects of {len(asked.kinds)} kinds")
    ours, hand = [], []
    for _n in range(ROUNDS):
        ours.append(_timed(lambda: evaluate.measures(asked, measures)))
        hand.append(_timed(lambda: _by_hand(asked, measures)))
    say(f"  all measures, all objects: {min(ours):.2f} s (median {statistics.median(ours):.2f}); by hand {min(hand):.2f} s (median {statistics.median(hand):.2f}); "
        f"{statistics.median(ours) / statistics.median(hand):.2f} x")  # fmt: skip
    schemes = [_timed(lambda code=code: league.of_scheme(code, asked.period)) for code in found.schemes]
    say(f"  a ranking page's scheme: median {statistics.median(schemes):.2f} s, slowest {max(schemes):.2f} s of {len(schemes)}")


def _by_hand(asked: Any, measures: Any) -> None:
    """The same numbers by plain statements."""
    from django.db import connection

    from yiwang.kernel.indicators.contracts import ObjectKind
    from yiwang.kernel.indicators.queries.evaluate import within
    from yiwang.kernel.indicators.rules import conditions
    from yiwang.kernel.indicators.rules.vocabulary import COLUMNS, TABLES, WORDS

    groups: dict[Any, list[Any]] = {}
    for one in measures:
        groups.setdefault((one.source, one.on), []).append(one)
    with connection.cursor() as cursor:
        for (source, on), group in groups.items():
            where, values = within(asked, WORDS[source][on].sql)
            selected = []
            for n, one in enumerate(group):
                sql, more = conditions.counted(one, f"m{n}_")
                selected.append(sql)
                values |= more
            for kind in asked.kinds:
                key = "''" if kind is ObjectKind.ALL else f"f.{COLUMNS[kind]}"
                grouped = "" if kind is ObjectKind.ALL else f" GROUP BY {key}"
                cursor.execute(f"SELECT {key}, {', '.join(selected)} FROM {TABLES[source]} f WHERE {where}{grouped}", values)
                cursor.fetchall()


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _whole_cases() -> None:
    from django.db import connection

    from yiwang.kernel.indicators.services import facts

    say("rebuild of all facts from the record:")
    began = time.monotonic()
    _rebuild()
    say(f"  {_one('SELECT count(*) FROM yw_indicators_casefact'):,} cases in {time.monotonic() - began:.0f} s with the start of the program")
    ids = _sample(EVENTS)
    began = time.perf_counter()
    for n in range(0, len(ids), 200):  # as the relay hands them on
        facts.refresh(ids[n : n + 200])
    spent = time.perf_counter() - began
    say(f"facts kept up: {len(ids) / spent:,.0f} events a second, each of another case, in batches of 200")
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(due_at)::date, max(due_at)::date FROM yw_indicators_casefact WHERE due_at < now()")
        first, last = cursor.fetchone()
    length = (last - first).days / 12
    _drill(_asked(last - timedelta(days=round(length)), last))
    _count_period(_asked(last - timedelta(days=round(length)), last))


def _count_period(asked: Any) -> None:
    from yiwang.kernel.indicators.queries import catalogue, evaluate

    measures = list(catalogue.on_day(asked.period.last).measures.values())
    spent = [_timed(lambda: evaluate.measures(asked, measures)) for _n in range(ROUNDS)]
    hand = [_timed(lambda: _by_hand(asked, measures)) for _n in range(ROUNDS)]
    say(f"all measures, all objects over {asked.period.first} to {asked.period.last}: {statistics.median(spent):.2f} s; by hand {statistics.median(hand):.2f} s")


def _sample(count: int) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM yw_cases_case")
        low, high = cursor.fetchone()
        draw = random.Random(5)
        cursor.execute("SELECT id FROM yw_cases_case WHERE id = ANY(%s)", [[draw.randint(low, high) for _n in range(count * 3)]])
        found = [row[0] for row in cursor.fetchall()]
        draw.shuffle(found)
        return found[:count]


def _drill(asked: Any) -> None:
    """From numbers to their first 50 cases, as a leader of the whole county."""
    from yiwang.kernel.identity.models import Account
    from yiwang.kernel.identity.queries import actor_for
    from yiwang.kernel.indicators.contracts import NOBODY, ObjectKind
    from yiwang.kernel.indicators.queries import catalogue, drill, evaluate

    leader = actor_for(Account.objects.filter(holdings__post__role__code="leader").order_by("pk").first())
    measures = {m.code: m for m in catalogue.on_day(asked.period.last).measures.values() if m.aggregate == "count"}
    numbers = evaluate.measures(asked, measures.values())
    choices = [(k, c, int(v)) for k, by in numbers.items() for c, v in by.items() if (v and k[1] != NOBODY) or (k[0] is ObjectKind.ALL and v)]
    draw = random.Random(7)
    largest = sorted(choices, key=lambda c: -c[2])[: DRILLS // 3]
    spent, sizes = [], []
    for (kind, key), code, count in [*largest, *draw.sample(choices, min(len(choices), DRILLS - len(largest)))]:
        began = time.perf_counter()
        behind = drill.behind(leader, asked, measures[code], kind, key)
        page = behind.page(size=50)
        spent.append(time.perf_counter() - began)
        sizes.append(count)
        assert len(page.rows) == min(50, behind.cases), (kind, key, code)
    worst = max(range(len(spent)), key=spent.__getitem__)
    ms = sorted(s * 1000 for s in spent)
    say(f"from a number to its first 50 cases: median {statistics.median(ms):.0f} ms, p95 {ms[int(len(ms) * 0.95)]:.0f} ms of {len(ms)} numbers "
        f"(up to {max(sizes):,} facts; slowest {ms[-1]:.0f} ms at {sizes[worst]:,})")  # fmt: skip


if __name__ == "__main__":
    main()
