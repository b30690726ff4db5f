"""What counting working time costs, in Python and in SQL, as ratios to plain subtraction.

    python -m bench.worktime
"""

import random
import time
from datetime import UTC, datetime, timedelta

import django

COUNT, ROWS = 50_000, 60_000


def main() -> None:
    django.setup()
    from django.db import connection

    from yiwang.kernel.worktime import queries
    from yiwang.kernel.worktime.contracts import Kind
    from yiwang.kernel.worktime.rules import deadlines

    calendar, key = queries.calendar("cn"), queries.calendar_id("cn")
    rng = random.Random(3)
    starts = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randint(0, 50_000_000)) for _ in range(COUNT)]
    ends = [s + timedelta(seconds=rng.randint(0, 2_000_000)) for s in starts]

    begin = time.perf_counter()
    fresh = queries.build(queries.calendars().get(code="cn"))
    deadlines.add(starts[0], 1, Kind.WORK_DAY, fresh)
    print(f"reading a calendar and making its table: {(time.perf_counter() - begin) * 1000:.1f} ms, once a version and process")

    begin = time.perf_counter()
    for s, e in zip(starts, ends, strict=True):
        _ = (e - s).total_seconds()
    plain = time.perf_counter() - begin
    for name, call in {
        "minutes_between": lambda s, e: deadlines.minutes_between(s, e, Kind.WORK_HOUR, calendar),
        "add 3 working days": lambda s, _e: deadlines.add(s, 3, Kind.WORK_DAY, calendar),
    }.items():
        begin = time.perf_counter()
        for s, e in zip(starts, ends, strict=True):
            call(s, e)
        took = time.perf_counter() - begin
        print(f"{name:24} {took / COUNT * 1e6:6.1f} us each = {took / plain:5.1f} x plain subtraction")

    made = "SELECT {} FROM (SELECT timestamptz '2025-01-01' + n * interval '11 minutes' AS a FROM generate_series(1, %s) n) rows"
    with connection.cursor() as cursor:
        took = {}
        for name, expression in {
            "subtract": "sum(extract(epoch FROM (a + interval '9 days') - a))",
            "worktime_minutes": f"sum(worktime_minutes({key}, a, a + interval '9 days'))",
            "worktime_add": f"max(worktime_add({key}, a, 1440))",
        }.items():
            begin = time.perf_counter()
            cursor.execute(made.format(expression), [ROWS])
            cursor.fetchone()
            took[name] = time.perf_counter() - begin
            ratio = took[name] / took["subtract"]
            print(f"SQL {name:20} {took[name] / ROWS * 1e6:6.1f} us a row = {ratio:5.0f} x plain subtraction")


if __name__ == "__main__":
    main()
