"""`yiwang export-mark FILE`: whose export is this?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from yiwang.kernel.audit import queries
from yiwang.kernel.files.exports.marks import day_of
from yiwang.kernel.files.exports.reading import read_marks

WORDS = {True: "signed by this installation", False: "NOT signed by this installation: made up, or another's", None: "read in plain, no unseen mark"}


class Command(BaseCommand):
    help = "Read the marks of an exported file (xlsx, csv, json, or text copied out of one) and name who took it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = read_marks(options["file"], settings.SEAL_KEY)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}") from error
        if not found:
            raise CommandError("There is no mark in this file: it is no export, or every trace was taken out.")
        for mark in found:
            self.stdout.write(f"{mark.number}: {WORDS[mark.genuine]}")
            try:
                event = queries.export_by_number(mark.number, day_of(mark.number))
            except ValueError:
                event = None
            if event is None:
                self.stdout.write("  not on the record of this database")
                continue
            data = event.data
            self.stdout.write(f"  taken {event.recorded_at:%Y-%m-%d %H:%M:%S %Z} by {event.actor_name} ({event.post_name}), account {event.actor_id}")
            self.stdout.write(f"  {data['what']}, {data['rows']} rows, {data['form']}, filters {data['filters'] or 'none'}; line {event.position}")
