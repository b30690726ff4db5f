"""What one step of a process costs in PostgreSQL, as a ratio to a plain UPDATE and INSERT in one transaction.

    python -m bench.process_step

The step is that of the city's process: read the state under a lock, complete the step in the engine, write the state and a
line of history, commit. Makes a database of its own on the server that YIWANG_PG_HOST and YIWANG_PG_PORT name, and drops it.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import django
import psycopg

from tools.database import Server

SIZES = (1_000, 5_000)  # instances in the table
STEPS = 1_500
NAME = f"yiwang_bench_process_{os.getpid()}"
FOLDER = Path(__file__).parents[1] / "src/yiwang/apps/city/matters/problem"
NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
# One round that every instance can walk again and again.
ROUND = {
    "accept": "pass", "file": "file", "dispatch": "dispatch", "handle": "done", "screen": "pass", "send_check": "send",
    "check": "fail", "rework": "redispatch", "verify_parallel": "confirmed",
}  # fmt: skip
FACTS = {
    "class_kind": "matter", "class_major": "06", "class_code": "06010", "area_level": "A", "two_level": False, "urgent": False,
    "verified": True, "departments": [1, 2],
}  # fmt: skip


@contextmanager
def _database() -> Iterator[psycopg.Connection]:
    server = Server(os.environ["YIWANG_PG_HOST"], os.environ["YIWANG_PG_PORT"], os.environ.get("PGUSER", "postgres"))
    with server.connect() as admin:
        admin.execute(f"CREATE DATABASE {NAME}")
        try:
            connection = server.connect(NAME)
            connection.autocommit = False
            with connection:
                yield connection
        finally:
            admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def _measure(call: Callable[[int], None], ids: list[int]) -> tuple[float, float]:
    """Return wall and CPU milliseconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    for one in ids:
        call(one)
    return (time.perf_counter() - wall) / len(ids) * 1000, (time.process_time() - cpu) / len(ids) * 1000


def main() -> None:
    django.setup()
    from yiwang.kernel.process import engine

    began = time.perf_counter()
    definition = engine.load(
        (FOLDER / "process.bpmn").read_bytes(), ((FOLDER / "decisions.dmn").read_bytes(),), "bench"
    )
    print(f"reading the diagram: {(time.perf_counter() - began) * 1000:.0f} ms, once a version and process")
    first = engine.start(definition, FACTS, NOW).state
    with _database() as connection:
        connection.execute("CREATE TABLE engine_state (id int PRIMARY KEY, state bytea NOT NULL)")
        connection.execute("CREATE TABLE plain (id int PRIMARY KEY, step text NOT NULL, rounds int NOT NULL)")
        connection.execute(
            "CREATE TABLE history (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, of int, step text, outcome text)"
        )
        connection.commit()
        print(
            f"{'instances':>9} {'plain ms':>9} {'step ms':>8} {'ratio':>6} {'plain CPU':>10} {'step CPU':>9} {'ratio':>6} {'state bytes':>12}"
        )

        def step(one: int) -> None:
            """As a page does it: the task row already names the engine id, so the state is read once."""
            row = connection.execute("SELECT state FROM engine_state WHERE id = %s FOR UPDATE", [one]).fetchone()
            assert row is not None
            spec, engine_id = tasks[one]
            advance = engine.complete(definition, row[0], engine_id, {"outcome": ROUND[spec]}, NOW)
            tasks[one] = (advance.waiting[0].spec, advance.waiting[0].engine_id)
            connection.execute("UPDATE engine_state SET state = %s WHERE id = %s", [advance.state, one])
            connection.execute("INSERT INTO history (of, step, outcome) VALUES (%s, %s, %s)", [one, spec, ROUND[spec]])
            connection.commit()

        def plain(one: int) -> None:
            connection.execute("UPDATE plain SET step = 'next', rounds = rounds + 1 WHERE id = %s", [one])
            connection.execute("INSERT INTO history (of, step, outcome) VALUES (%s, 'next', 'pass')", [one])
            connection.commit()

        for size in SIZES:
            connection.execute("TRUNCATE engine_state, plain, history")
            with connection.cursor() as cursor, cursor.copy("COPY engine_state FROM STDIN") as copy:
                for one in range(size):
                    copy.write_row((one, first))
            connection.execute("INSERT INTO plain SELECT n, 'first', 0 FROM generate_series(0, %s) n", [size - 1])
            connection.commit()
            ids = random.Random(7).choices(range(size), k=STEPS)
            opened = engine.waiting(definition, first)[0]
            tasks = dict.fromkeys(range(size), (opened.spec, opened.engine_id))
            for one in ids:  # walk the instances into the middle of the process first
                step(one)
            base_wall, base_cpu = _measure(plain, ids)
            wall, cpu = _measure(step, ids)
            row = connection.execute(
                "SELECT avg(octet_length(state))::int FROM engine_state WHERE id = ANY(%s)", [ids]
            ).fetchone()
            connection.commit()
            print(
                f"{size:>9,} {base_wall:>9.2f} {wall:>8.2f} {wall / base_wall:>6.1f} {base_cpu:>10.2f} {cpu:>9.2f} {cpu / base_cpu:>6.1f} "
                f"{row[0] if row else 0:>12,}"
            )


if __name__ == "__main__":
    main()
