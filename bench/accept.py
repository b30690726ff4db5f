"""Reports accepted per second over HTTP, as a share of raw SQL that writes the same rows.

    ./dev bench accept [COUNT]

HTTP: granian as in service (one process, 4 threads), 4 kept connections, POST /api/v1/reports with an Idempotency-Key.
Raw: one psycopg process, 4 threads; each report is the place query and one INSERT for each row that the platform
left (taken from a real one), committed once. Both wait for the disk (fsync and synchronous_commit on) and take turns.
Afterwards every report that was acknowledged is looked for.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable

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

COUNT, WARM, TURNS = 600, 40, 4


def main() -> None:
    django.setup()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with served() as port:
        found = compare(port, count, TURNS)
    print(f"Reports accepted per second, {found.http.count} each, {CONNECTIONS} connections, durable commits: {'yes' if is_durable() else 'NO'}")
    print(found)


def compare(port: int, count: int, turns: int) -> Compared:
    """Accept `count` reports over HTTP and by raw SQL, in turns."""
    client_with("city.api.report", "city.case.report", "city.case.view")
    places = points(count + WARM)
    told: list[str] = []
    over_http(port, places[:WARM], told)
    script = sample_script(port, places[0])
    raw_sql(script, places[:WARM])
    http, raw = in_turns(
        turns, count, lambda first, last: over_http(port, places[WARM + first : WARM + last], told),
        lambda first, last: raw_sql(script, places[WARM + first : WARM + last]),
    )  # fmt: skip
    return Compared(http, raw, str(script), lost(told))


def lost(told: list[str]) -> int:
    """Return how many of the acknowledged reports are not there exactly once."""
    from yiwang.kernel.cases.models import Report

    return len(told) - Report.all_modes.filter(uid__in=told).count()


def report(lon: float, lat: float) -> dict[str, object]:
    return {"text": "路面有坑，直径约半米，雨天积水", "class": "matter:06013", "lon": lon, "lat": lat}


def over_http(port: int, places: list[tuple[float, float]], told: list[str] | None = None) -> Rate:
    """Send the reports; the numbers that were acknowledged are added to `told`."""

    def work(_thread: int) -> Callable[[int], None]:
        caller = Caller(port, KEY)

        def call(index: int) -> None:
            answer = caller.post("/api/v1/reports", report(*places[index]), uuid.uuid4().hex, (201,))
            if told is not None:
                told.append(answer["report"])

        return call

    return timed(len(places), work)


def sample_script(port: int, place: tuple[float, float]) -> object:
    """Let the platform accept one report, and return the statements that write the same rows."""
    from bench._rows import Script, Snapshot
    from yiwang.kernel.cases.models import Case

    key = uuid.uuid4().hex
    answer = Caller(port, KEY).post("/api/v1/reports", report(*place), key, (201,))
    case_id = Case.objects.values_list("pk", flat=True).get(uid=answer["case"])
    return Script(None, Snapshot(case_id, key))


def raw_sql(script: object, places: list[tuple[float, float]]) -> Rate:
    from bench._rows import Script, connect, place_query

    assert isinstance(script, Script)

    def work(_thread: int) -> Callable[[int], None]:
        connection = connect()

        def call(index: int) -> None:
            with connection.transaction(), connection.cursor() as cursor:
                place_query(cursor, *places[index])
                script.insert(cursor, {})

        return call

    return timed(len(places), work)


if __name__ == "__main__":
    main()
