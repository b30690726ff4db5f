"""`yiwang partitions`: make the months ahead of every append-only table."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from yiwang.kernel.audit import services


class Command(BaseCommand):
    help = "Make the monthly partitions of the coming months, or from --first to --last (an import of old data)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--months", type=int, default=3, help="how many months ahead")
        parser.add_argument("--first", type=date.fromisoformat)
        parser.add_argument("--last", type=date.fromisoformat)

    def handle(self, *args: Any, **options: Any) -> None:
        made = services.partitions_ahead(options["months"])
        if options["first"] and options["last"]:
            made += services.ensure_partitions(options["first"], options["last"], services.partitioned_tables())
        self.stdout.write(f"{made} partitions made")
