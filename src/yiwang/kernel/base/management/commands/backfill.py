"""`yiwang backfill [NAME]`: fill what a release added, in small steps, beside running work."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yiwang.kernel.base import backfill


class Command(BaseCommand):
    help = "Run the backfills of this version, or one of them; safe to stop and to repeat."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?")
        parser.add_argument("--rows", type=int, default=backfill.ROWS, help="rows of one step")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        if name and name not in backfill.names():
            raise CommandError(f"There is no backfill {name} here. Known: {', '.join(backfill.names()) or '(none)'}")
        for one in [name] if name else backfill.names():
            done = backfill.run(one, rows=options["rows"])
            self.stdout.write(f"{one}: {done.rows} rows, {'finished' if done.finished_at else 'not finished'}")
