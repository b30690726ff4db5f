"""`yiwang indicators`: rebuild the facts, compare them with the record, verify closed results."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yiwang.kernel.indicators.models import Result
from yiwang.kernel.indicators.queries.verifying import verify
from yiwang.kernel.indicators.services import defining, facts


class Command(BaseCommand):
    help = "rebuild: make all facts anew; compare: facts against the record; verify: recompute closed results; load: what ships"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["rebuild", "compare", "verify", "load"])
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['what']}")(options)

    def _rebuild(self, options: dict[str, Any]) -> None:
        done = facts.rebuild(workers=options["workers"], say=self.stdout.write)
        counts = ", ".join(f"{count:,} {source}" for source, count in done.counts.items())
        self.stdout.write(f"facts: {counts}; {done.seconds:.0f} s")

    def _compare(self, options: dict[str, Any]) -> None:
        found = facts.differences()
        for source, count in found.items():
            self.stdout.write(f"{source}: {count:,} facts differ from the record")
        if any(found.values()):
            raise CommandError("Facts differ. `yiwang indicators rebuild` makes them anew.")

    def _verify(self, options: dict[str, Any]) -> None:
        bad = 0
        for found in verify(list(Result.objects.order_by("pk"))):
            words = "agrees" if not found.faults else "; ".join(found.faults[:5])
            self.stdout.write(f"{found.result}: {found.rows} rows from {found.members:,} facts: {words}")
            bad += bool(found.faults)
        if bad:
            raise CommandError(f"{bad} closed results do not agree with their facts or with the record.")

    def _load(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{defining.load_shipped()} new versions of definitions")
