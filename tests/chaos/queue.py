"""A queue a million jobs long: the worker goes on, a new job of ordinary rank is done soon, and no page notices."""

from __future__ import annotations

import time

import httpx

from tests.chaos.platform import Platform
from tests.chaos.storm import Storm

PAGES = ("/city/desk/", "/city/cases/", "/city/intake/", "/notices/")
PATIENCE_S = 120.0
PAGE_S = 10.0  # of a page on a machine on which a worker eats a million jobs


def long_queue(platform: Platform, storm: Storm, many: int) -> list[str]:
    """Put so many jobs of low rank into the queue by COPY and look; returns the lines to print, WRONG where it is."""
    told = []
    with platform.connect() as db:
        began = time.monotonic()
        # without its triggers: a notice and a line of history for each would take longer than all the rest
        db.execute("ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER")
        with db.cursor() as cursor, cursor.copy("COPY procrastinate_jobs (queue_name, task_name, priority, args) FROM STDIN") as copy:
            for _number in range(many):
                copy.write_row(("default", "base.nothing", -100, "{}"))
        db.execute("ALTER TABLE procrastinate_jobs ENABLE TRIGGER USER")
        db.execute("ANALYZE procrastinate_jobs")
        told.append(f"  {many} jobs were put in within {time.monotonic() - began:.0f} s")
        plan = "\n".join(str(r[0]) for r in db.execute(
            "EXPLAIN SELECT * FROM procrastinate_jobs jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
            " ORDER BY priority DESC, id ASC LIMIT 1"))  # fmt: skip
        told.append(("  WRONG: " if "Seq Scan" in plan else "  ") + "the worker finds its next job by " + plan.splitlines()[1].strip())
        row = db.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args) VALUES ('default', 'base.nothing', 0, '{}') RETURNING id").fetchone()
        assert row is not None
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_S:
            # what went well is removed from the table
            found = db.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [row[0]]).fetchone()
            if found is None or found[0] == "succeeded":
                break
            time.sleep(0.2)
        waited = time.monotonic() - began
        told.append(f"  {'WRONG: ' if waited >= PATIENCE_S else ''}a new job of ordinary rank was done after {waited:.1f} s")
        cookies = storm.desk.cookies("acceptor")
        with httpx.Client(base_url=platform.url, trust_env=False, timeout=60) as client:
            for page in PAGES:
                walked = _seq_reads(db)
                began = time.monotonic()
                answer = client.get(page, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()), "Accept": "text/html"})
                took = time.monotonic() - began
                wrong = answer.status_code != 200 or took > PAGE_S
                told.append(f"  {'WRONG: ' if wrong else ''}{page} answered {answer.status_code} in {took * 1000:.0f} ms")
                time.sleep(1.2)  # statistics come a second late
                if (more := _seq_reads(db) - walked) > many // 2:
                    told.append(f"  WRONG: {page} walked the queue ({more} rows read in order)")
        left = db.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'").fetchone()
        time.sleep(10)
        after = db.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'").fetchone()
        assert left is not None
        assert after is not None
        told.append(f"  {'WRONG: ' if after[0] >= left[0] else ''}the worker does {(left[0] - after[0]) / 10:.0f} of them a second meanwhile")
        db.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'base.nothing'")
    return told


def _seq_reads(db: object) -> int:
    row = db.execute("SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables WHERE relname = 'procrastinate_jobs'").fetchone()  # type: ignore[attr-defined]
    return int(row[0])
