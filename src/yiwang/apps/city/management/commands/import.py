"""`yiwang import requests FILE --profile NAME`: bring in another city's request file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yiwang.apps.city.queries import importing as queries
from yiwang.apps.city.services import importing
from yiwang.kernel.base.actor import importer
from yiwang.kernel.base.errors import ProblemError


class Command(BaseCommand):
    """Shows progress on stderr; what it took and refused goes to stdout."""

    help = "Import another system's data from a file (requests)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
        requests = kinds.add_parser("requests", help="service requests (CSV) as cases of mode `imported`")
        requests.add_argument("file", type=Path)
        requests.add_argument(
            "--profile", required=True,
            help=f"how the file is read: {', '.join(importing.profile_codes())}, or the path of a .toml file",
        )  # fmt: skip
        requests.add_argument("--batch", type=int, default=1000, help="rows of one transaction (1000)")
        requests.add_argument("--list", type=int, default=20, dest="most", help="how many refused and noted lines to print (20)")
        requests.add_argument("--dry-run", action="store_true", help="read and judge every line, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            profile = importing.read_shipped_profile(options["profile"])
            source = importing.open_source(options["file"], profile)
            if options["dry_run"]:
                self._dry(source, options["most"])
                return
            self._say(f"{source.path.name}: {source.rows} requests, profile {profile.code}, as of {profile.as_of.isoformat()}")
            run = importing.import_requests(
                importer(profile.code), source, tell=self._tell, batch_rows=max(1, options["batch"])
            )
        except ProblemError as problem:
            raise CommandError(str(problem)) from problem
        except KeyboardInterrupt:
            raise CommandError("Stopped. Whole batches are kept; the same command goes on after them.", returncode=130) from None
        self._report(queries.run_summary(run.pk, most=options["most"]))

    def _say(self, text: str) -> None:
        self.stderr.write(text)

    def _tell(self, progress: importing.Progress) -> None:
        if progress.resumed_at and progress.done - progress.resumed_at <= 0:
            self._say(f"Going on after row {progress.resumed_at}")
            return
        rate = (progress.done - progress.resumed_at) / progress.seconds if progress.seconds else 0
        share = 100 * progress.done // max(1, progress.rows)
        line = f"{progress.done:>9,} of {progress.rows:,} rows  {share:>3} %  {rate:,.0f} rows/s"
        if sys.stderr.isatty():
            self.stderr.write(f"\r{line}", ending="" if progress.done < progress.rows else "\n")
        else:
            self._say(line)

    def _dry(self, source: importing.SourceFile, most: int) -> None:
        judged = queries.judge(source.profile, source.records())
        self.stdout.write(f"Would take {judged.taken:,}, refuse {len(judged.refused):,}; {len(judged.noted):,} with a note")
        for line in [*judged.refused[:most], *judged.noted[:most]]:
            self.stdout.write(f"  {line}")

    def _report(self, summary: queries.RunSummary) -> None:
        out = self.stdout.write
        out(f"Rows in the file       {summary.rows:>9,}")
        out(f"Taken                  {summary.taken:>9,}")
        out(f"There already          {summary.repeated:>9,}")
        out(f"Refused                {summary.refused:>9,}")
        out(f"Kept with a note       {summary.noted:>9,}")
        out(f"On a default point     {summary.default_places:>9,}")
        out(f"Duplicates joined      {summary.joined:>9,}")
        if summary.on_time_counted:
            out(f"On time                {summary.on_time:>9,} of {summary.on_time_counted:,} counted"
                f" ({100 * summary.on_time / summary.on_time_counted:.2f} %)")  # fmt: skip
        for title, lines, total in (
            ("Refused", summary.refused_lines, summary.refused), ("Notes", summary.noted_lines, summary.noted),
        ):  # fmt: skip
            if lines:
                out(f"{title}:")
            for line in lines:
                out(f"  {line}")
            if total > len(lines) and lines:
                out(f"  ... and {total - len(lines):,} more (--list {total})")
