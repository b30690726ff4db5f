"""`yiwang sizes`: what each table takes on disk, with its indexes, in all, a row, and a case."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

_QUESTION = """
    SELECT coalesce(p.inhparent::regclass, c.oid::regclass)::text AS name, sum(pg_total_relation_size(c.oid))::bigint AS bytes,
           sum(pg_indexes_size(c.oid))::bigint AS indexes, sum(greatest(c.reltuples, 0))::bigint AS lines
    FROM pg_class c LEFT JOIN pg_inherits p ON p.inhrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY 2 DESC
"""


class Command(BaseCommand):
    help = "Say what each table takes on disk. Rows are the planner's estimate: `yiwang analyze` (as owner) makes it fresh."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--most", type=int, default=25, help="how many tables")

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_QUESTION)
            rows = cursor.fetchall()
        cases = next((lines for name, _bytes, _indexes, lines in rows if name == "yw_cases_case"), 0)
        whole = sum(size for _name, size, _indexes, _lines in rows)
        self.stdout.write(f"{'table':34} {'MB':>9} {'indexes':>8} {'rows':>10} {'bytes/row':>9} {'bytes/case':>10}")
        for name, size, indexes, lines in rows[: options["most"]]:
            a_row = f"{size / lines:9.0f}" if lines else " " * 9
            a_case = f"{size / cases:10.0f}" if cases else ""
            self.stdout.write(f"{name:34} {size / 1e6:9.1f} {indexes / max(size, 1):8.0%} {lines:10} {a_row} {a_case}")
        self.stdout.write(f"{'all':34} {whole / 1e6:9.1f}" + (f" {'':8} {cases:10} cases, {whole / cases:.0f} bytes each" if cases else ""))
