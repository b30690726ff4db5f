"""Tasks completed per second over HTTP, as a share of raw SQL that makes the same changes.

    ./dev bench complete [COUNT]

The task is 受理 with the result "pass on": read and lock case and task, engine step, clocks, new task, event. Raw: one
psycopg process, 4 threads; for each task the two locks, one INSERT for each new row, one UPDATE for each changed one
(taken from a real completion), one commit. Both wait for the disk.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from typing import Any

import django

from bench._serving import (
    CONNECTIONS,
    KEY,
    Caller,
    Compared,
    Rate,
    client_with,
    in_turns,
    is_durable,
    points,
    served,
    timed,
)
from bench.accept import report

COUNT, WARM, TURNS = 400, 30, 4
DONE = {"action": "complete", "outcome": "pass"}


def main() -> None:
    django.setup()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with served() as port:
        found = compare(port, count, TURNS)
    print(f"Tasks completed per second, {found.http.count} each, {CONNECTIONS} connections, durable commits: {'yes' if is_durable() else 'NO'}")
    print(found)


def compare(port: int, count: int, turns: int) -> Compared:
    """Complete `count` tasks over HTTP and by raw SQL, in turns."""
    client_with("city.api.report", "city.case.report", "city.case.view", "city.desk.view", "city.task.accept")
    tasks = open_tasks(port, count + WARM + 1)
    over_http(port, tasks[:WARM])
    script, before, case_id, task_id = sample_script(port, tasks[-1])
    changes = copies(before, count)
    todo = tasks[WARM : WARM + count]
    http, raw = in_turns(
        turns, count, lambda first, last: over_http(port, todo[first:last]),
        lambda first, last: raw_sql(script, changes[first:last], case_id, task_id),
    )  # fmt: skip
    return Compared(http, raw, str(script), lost(todo))


def lost(tasks: list[str]) -> int:
    """Return how many of the tasks that were acknowledged as done are not."""
    from yiwang.kernel.cases.models import Task

    return len(tasks) - Task.all_modes.filter(uid__in=tasks, state="done").count()


def open_tasks(port: int, count: int) -> list[str]:
    """Open so many cases and return the tasks that wait for the acceptor."""
    from yiwang.kernel.cases.models import Task

    caller = Caller(port, KEY)
    cases = [caller.post("/api/v1/reports", report(*p), uuid.uuid4().hex)["case"] for p in points(count)]
    found = dict(Task.objects.filter(case__uid__in=cases, step="accept", state="open").values_list("case__uid", "uid"))
    return [str(uid) for uid in found.values()]


def over_http(port: int, tasks: list[str]) -> Rate:
    def work(_thread: int) -> Callable[[int], None]:
        caller = Caller(port, KEY)

        def call(index: int) -> None:
            caller.post(f"/api/v1/tasks/{tasks[index]}/actions", DONE, uuid.uuid4().hex)

        return call

    return timed(len(tasks), work)


def sample_script(port: int, task: str) -> tuple[Any, Any, int, int]:
    """Let the platform complete one task, and return what changed."""
    from bench._rows import Script, Snapshot
    from yiwang.kernel.cases.models import Task

    row = Task.objects.get(uid=task)
    key = uuid.uuid4().hex
    before = Snapshot(row.case_id, key)
    Caller(port, KEY).post(f"/api/v1/tasks/{task}/actions", DONE, key)
    return Script(before, Snapshot(row.case_id, key)), before, row.case_id, row.pk


def copies(before: Any, count: int) -> list[dict[Any, Any]]:
    """Write `count` copies of the case as it was before, and return how each one's keys are called."""
    from bench._rows import Script, connect

    whole, found = Script(None, before), []
    with connect() as connection, connection.cursor() as cursor:
        for _ in range(count):
            renamed: dict[Any, Any] = {}
            whole.insert(cursor, renamed)
            found.append(renamed)
    return found


def raw_sql(script: Any, renamings: list[dict[Any, Any]], case_id: int, task_id: int) -> Rate:
    """Do the same changes to copies of the case."""
    from bench._rows import connect

    def work(_thread: int) -> Callable[[int], None]:
        connection = connect()

        def call(index: int) -> None:
            renamed = renamings[index]
            with connection.transaction(), connection.cursor() as cursor:
                for table, own in (("yw_cases_case", case_id), ("yw_cases_task", task_id)):
                    cursor.execute(f"SELECT * FROM {table} WHERE id = %s FOR UPDATE", [renamed[table, own]])
                    cursor.fetchone()
                script.insert(cursor, renamed)
                script.change(cursor, renamed)

        return call

    return timed(len(renamings), work)


if __name__ == "__main__":
    main()
