"""What a verification over the API costs (核验), beside the plainest SQL that could answer it.

    ./dev bench verify [--persons 100000] [--claims 1 20 200] [--seconds 6]

Persons are made in a transaction that is rolled back: golden records, the values that are verified, by keyed hash. A call is
a whole request through the platform's handlers: session or key, permission, the answer, and one line for each person on the access
log. The raw rate asks the same table by index, in the same process and transaction, with the hashes ready: neither permission, nor
hash, nor log. The aim is 0.15 of it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import django

RAW = """SELECT s.id, v.field, v.index FROM datahub_subject s JOIN datahub_fieldvalue v ON v.subject_id = s.id
         WHERE s.kind = 'person' AND s.state = 'live' AND s.number_index = ANY(%s) AND v.field IN ('name', 'birth_date')"""


def number(n: int) -> str:
    """Return the n-th made-up identity number (region 371599)."""
    days = n // 999
    body = f"371599{1930 + days // 336 % 90}{days // 28 % 12 + 1:02d}{days % 28 + 1:02d}{n % 999 + 1:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def birth(n: int) -> str:
    text = number(n)[6:14]
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def fill(persons: int) -> None:
    """Make persons with the three values that the bench verifies."""
    from yiwang.apps.datahub.models import BaseSource, FieldValue, SourceRecord, Subject
    from yiwang.apps.datahub.services.base import books, sealed
    from yiwang.kernel.base.clock import now
    from yiwang.kernel.identity.models import Organization

    books.install_books()
    org = Organization.objects.filter(area__isnull=False).order_by("pk").first()
    assert org is not None
    assert org.area is not None
    source = BaseSource.objects.create(code="bench", kind="person", name={"zh-Hans": "测速"}, org=org, org_path=org.path, fields=["id_number", "name", "birth_date"], basis="测速")
    record = SourceRecord.objects.create(kind="person", source=source, key_index="bench", hash="bench", body=sealed.seal_body({"key": "", "values": {}, "at": ""}), loaded_at=now())
    for start in range(0, persons, 5000):
        numbers = range(start, min(persons, start + 5000))
        rows = Subject.objects.bulk_create(
            Subject(kind="person", number_index=sealed.index_of(number(n), "id_number"), name_index=sealed.index_of(f"测{n}", "name"), area_path=org.area.path, record_count=1, source_count=1)
            for n in numbers
        )
        FieldValue.objects.bulk_create((
            FieldValue(subject=row, field=field, value=b"-", index=sealed.index_of(value, field), source=source, record=record, why="only")
            for n, row in zip(numbers, rows, strict=True)
            for field, value in (("id_number", number(n)), ("name", f"测{n}"), ("birth_date", birth(n)))
        ), batch_size=5000)  # fmt: skip


def rate(call: Callable[[int], None], seconds: float) -> float:
    """Return calls a second: the median of three thirds of the time."""
    call(0)
    found, turn = [], 1
    for _third in range(3):
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < seconds / 3:
            call(turn)
            turn, done = turn + 1, done + 1
        found.append(done / (time.perf_counter() - began))
    return statistics.median(found)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--claims", type=int, nargs="+", default=[1, 20, 200])
    parser.add_argument("--seconds", type=float, default=6.0)
    given = parser.parse_args(argv)
    django.setup()
    from django.db import connection, transaction

    with transaction.atomic():
        began = time.perf_counter()
        fill(given.persons)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE datahub_subject; ANALYZE datahub_fieldvalue")
        print(f"{given.persons:,} persons made in {time.perf_counter() - began:.0f} s", flush=True)
        ok = _measure(given.persons, given.claims, given.seconds)
        transaction.set_rollback(True)
    return 0 if ok else 1


def _measure(persons: int, sizes: Sequence[int], seconds: float) -> bool:
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from yiwang.apps.datahub.services.base import sealed
    from yiwang.kernel.identity.models import Account

    settings.ALLOWED_HOSTS = ["*"]
    client = Client(HTTP_HOST="localhost", raise_request_exception=True)
    client.force_login(Account.objects.get(username="data_steward"))
    why = {"purpose": "测速", "basis": "测速", "case_number": "测速"}
    ok = True
    for size in sizes:
        chosen = [[(turn * size + k) * 7919 % persons for k in range(size)] for turn in range(997)]
        ready = [[sealed.index_of(number(n), "id_number") for n in one] for one in chosen]

        def raw(turn: int, ready: list[list[str]] = ready) -> None:
            with connection.cursor() as cursor:
                cursor.execute(RAW, [ready[turn % len(ready)]])
                cursor.fetchall()

        def asked(turn: int, chosen: list[list[int]] = chosen) -> None:
            claims = [{"id_number": number(n), "name": f"测{n}", "birth_date": birth(n)} for n in chosen[turn % len(chosen)]]
            found: Any = client.post("/api/v1/base/verify", json.dumps({"claims": claims, **why}), content_type="application/json")
            assert found.status_code == 200, found.content[:300]
            assert all(a == {"found": True, "name": True, "birth_date": True} for a in found.json()["answers"])

        plain, api = rate(raw, seconds), rate(asked, seconds)
        print(f"{size:>4} claims a call: raw {plain * size:>9,.0f} claims/s, API {api * size:>8,.0f} claims/s, ratio {api / plain:.3f}", flush=True)
        ok = ok and (size < 20 or api / plain >= 0.15)
    print("aim: 0.15 of the raw rate, where more than a handful are asked at once")
    return ok


if __name__ == "__main__":
    raise SystemExit(main())
