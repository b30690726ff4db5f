"""`yiwang jobs`: what waits and what failed; `--retry` gives failed jobs back to the queue, `--forget` removes them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import IntegrityError, connection, transaction

MOST = 50


class Command(BaseCommand):
    help = "List waiting and failed jobs; retry or forget the failed ones. Every job of the platform is safe to run twice."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retry", nargs="+", metavar="ID", help="give these failed jobs back to the queue (or: all)")
        parser.add_argument("--forget", nargs="+", metavar="ID", help="remove these failed jobs (or: all)")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            if chosen := options["retry"]:
                ids = self._failed(cursor, chosen)
                twins = 0
                for number in ids:
                    try:
                        with transaction.atomic():
                            cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [number])
                    except IntegrityError:  # the same work waits already under the same queueing lock
                        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [number])
                        twins += 1
                self.stdout.write(f"{len(ids) - twins} jobs given back to the queue, {twins} removed because the same work waits already")
            if chosen := options["forget"]:
                ids = self._failed(cursor, chosen)
                cursor.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [ids])
                self.stdout.write(f"{len(ids)} failed jobs removed")
            cursor.execute("SELECT status::text, task_name, count(*), min(id), max(id) FROM procrastinate_jobs GROUP BY 1, 2 ORDER BY 1, 2")
            for status, task, count, first, last in cursor.fetchall():
                self.stdout.write(f"{status:9} {task:24} {count:>7}  jobs {first} to {last}")
            cursor.execute(
                "SELECT j.id, j.task_name, j.attempts, max(e.at) FROM procrastinate_jobs j LEFT JOIN procrastinate_events e ON e.job_id = j.id"
                " WHERE j.status = 'failed' GROUP BY 1, 2, 3 ORDER BY 1 DESC LIMIT %s", [MOST],
            )  # fmt: skip
            for number, task, attempts, at in cursor.fetchall():
                self.stdout.write(f"failed    {number} {task} after {attempts} attempts, last at {at:%Y-%m-%d %H:%M:%S} UTC" if at else f"failed    {number} {task}")

    @staticmethod
    def _failed(cursor: Any, chosen: list[str]) -> list[int]:
        if chosen == ["all"]:
            cursor.execute("SELECT id FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id FOR UPDATE SKIP LOCKED")
        else:
            numbers = [int(one) for one in chosen if one.isdigit()]
            cursor.execute("SELECT id FROM procrastinate_jobs WHERE status = 'failed' AND id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED", [numbers])
        return [row[0] for row in cursor.fetchall()]
