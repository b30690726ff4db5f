"""`yiwang datahub_readers [FILE.csv]`: tell the watch who readers are, from a personnel list, or from what the platform knows."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yiwang.apps.datahub.services.rights import watched
from yiwang.kernel.base.actor import system


class Command(BaseCommand):
    help = "tell the watch of readings who readers are: CSV with username,id_number,phone,address; without a file from the platform's own tables"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE.csv", help="UTF-8; only keyed hashes are kept, delete the file afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["file"]
        if path is None:
            self.stdout.write(f"{watched.refresh_readers()} readers brought up to date")
            return
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                rows = csv.DictReader(stream)
                if "username" not in (rows.fieldnames or ()):
                    raise CommandError(f"{path}: wants the columns username,id_number,phone,address")
                taken = watched.take_roster(system("command"), rows)
        except UnicodeDecodeError as error:
            raise CommandError(f"{path}: is no text in UTF-8") from error
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        self.stdout.write(f"{taken.readers} readers learned")
        for line, why in taken.refused:
            self.stderr.write(f"  line {line}: {why}")
