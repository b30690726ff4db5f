"""`yiwang datahub ...`: what the data centre does from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from yiwang.apps.datahub.management import linking, receipts


class Command(BaseCommand):
    help = "link: find the records of one person in CSV or Parquet files; receipts: compare a bureau's receipts with the log of calls"
    requires_system_checks: tuple[str, ...] = ()  # linking files needs no running platform

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        linking.arguments(what.add_parser("link", help="find the records of one person in one file or several"))
        receipts.arguments(what.add_parser("receipts", help="compare a bureau's receipts with the log of calls"))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "link":
            linking.handle(options, self.stdout.write, self.stderr.write)
        else:
            receipts.handle(options, self.stdout.write)
