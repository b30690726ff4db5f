"""The plans of the ten hottest statements, as PostgreSQL runs them: writes docs/reference/hot-queries.md.

    ./dev bench --sample none explain [--cases 100k] [--out FILE.md]

The statements are the platform's own: each read is asked through the pages and the API as a person of the sample, and what
reaches the database is taken down; the heaviest statement of each is explained with ANALYZE and BUFFERS as the running role.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import django

# What is explained: (code of bench/_reads.py, words that the statement holds, title).
HOT = (
    ("tasks", "yw_cases_task", "The work desk: fifty tasks of a post chosen by key, then joined, as JSON"),
    ("desk", "COUNT(", "The work desk: its three counts"),
    ("desk", "sort_due", "The work desk: one page by what runs out first"),
    ("list_open", "LIMIT 51", "Case list: open, box and words, one page"),
    ("list_open", "COUNT(", "Case list: how many, counted up to 10,000"),
    ("list_handler", "UNION", "Case list of a department: its own cases are looked up first"),
    ("page_all", "yw_cases_clock", "Clocks of a page's cases"),
    ("map_near", "LIMIT 2001", "Map near by: open cases of a box"),
    ("map_far", "GROUP BY", "Map far away: open cases counted in cells"),
    ("board", "in_district", "Count board: open cases by state, district and department"),
    ("page_all", "yw_identity_holding", "Who asks: posts and grants, at every request"),
    ("search", "tsquery", "Search everywhere"),
)
MOST_SQL, MOST_PLAN = 1500, 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.explain", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", default="100k")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs/reference/hot-queries.md")
    options = parser.parse_args(sys.argv[1:])
    django.setup()
    from bench import _grow
    from bench.scale import size_of

    cases = _grow.grow(size_of(options.cases), lambda text: print(text, flush=True))
    statements = taken_down({code for code, _words, _title in HOT})
    parts = [HEAD.format(cases=f"{cases:,}", day=date.today().isoformat(), option=options.cases)]
    for number, (code, words, title) in enumerate(HOT, 1):
        fitting = [s for s in statements[code] if words in s]
        if not fitting:
            raise SystemExit(f"no statement of {code} holds {words!r} any more; mend HOT in bench/explain.py")
        statement = max(fitting, key=lambda s: plan(s)[1])
        lines, milliseconds = plan(statement)
        parts.append(f"\n## {number}. {title}\n\n{milliseconds:.1f} ms. Asked by `{code}` of bench/_reads.py.\n\n```sql\n{shown(statement)}\n```\n\n```\n"
                     + "\n".join(lines) + "\n```\n")  # fmt: skip
        print(f"{number:2}. {title}: {milliseconds:.1f} ms")
    options.out.write_text("".join(parts), encoding="utf-8")
    print(f"written: {options.out}")


HEAD = """# The hottest statements and their plans

Written by `./dev bench --sample none explain --cases {option}` ({cases} cases, {day}); not by hand. Milliseconds are of a machine that did
other work too and include what EXPLAIN ANALYZE itself costs; what matters is which index carries a plan and that none reads a
table from end to end that grows with the years.
"""


def taken_down(codes: set[str]) -> dict[str, list[str]]:
    """Ask each read once as its reader and return the statements that reached the database, by code."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from bench._reads import boxes, reader_of, reads
    from bench.scale import busy_handler
    from yiwang.kernel.identity.models import Account

    settings.ALLOWED_HOSTS = ["*"]
    found: dict[str, list[str]] = {}
    for read in reads(boxes(), now=timezone.now):
        if read.code not in codes:
            continue
        username = busy_handler() if read.reader == "handler" else read.reader
        client = Client()
        client.force_login(Account.objects.get(username=username))
        for number in (1, 2):  # the first also fills what a process keeps
            path, _raw = read.ask(random.Random(number), reader_of(username))
            with CaptureQueriesContext(connection):
                connection.queries_log.clear()
                response: Any = client.get(path, headers={"accept": read.accept})
                statements = [q["sql"] for q in connection.queries_log if q.get("sql", "").startswith("SELECT")]
            if response.status_code != 200:
                raise SystemExit(f"{path} answered {response.status_code}")
        found[read.code] = statements
    return found


def plan(statement: str) -> tuple[list[str], float]:
    """Return the plan's lines, shortened, and its milliseconds."""
    from bench._rows import connect

    with connect() as connection:
        rows = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement}".encode()).fetchall()
    lines = [str(r[0]) for r in rows]
    took = next(float(m.group(1)) for line in reversed(lines) if (m := re.search(r"Execution Time: ([\d.]+)", line)))
    short = [line[:200] + (" …" if len(line) > 200 else "") for line in lines if not line.strip().startswith("Planning:")]
    return short[:MOST_PLAN] + ([f"… {len(short) - MOST_PLAN} more lines"] if len(short) > MOST_PLAN else []), took


def shown(statement: str) -> str:
    """Return the statement without the list of columns, which says nothing about the plan."""
    text = statement.replace('"', "").replace("yw_cases_", "").replace("yw_identity_", "")
    text = re.sub(r"^SELECT (.{120}).*? FROM ", r"SELECT \1 … FROM ", text, count=1) if len(text) > 400 else text
    text = re.sub(r" (FROM|WHERE|GROUP BY|ORDER BY|LIMIT|INNER JOIN|LEFT OUTER JOIN) ", r"\n\1 ", text)
    return text[:MOST_SQL] + (" …" if len(text) > MOST_SQL else "")


if __name__ == "__main__":
    main()
