"""`yiwang sample --size county|small --as-of DATE --seed N`: load the fictional county into an empty database."""

from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Load the sample county into an empty database; the same seed and date give the same data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=("county", "small"), default="county")
        parser.add_argument("--as-of", type=date.fromisoformat, help="the day that has just begun there (today)")
        parser.add_argument("--seed", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from sample.loading import county
            from sample.spec import DEFAULT_SEED, SIZES, ZONE, Spec
        except ImportError as error:
            raise CommandError("The sample generator is not part of this installation; it is in the source checkout.") from error
        if settings.PRODUCTION:
            raise CommandError("This installation is in production: sample data is not loaded into it.")
        as_of = options["as_of"] or datetime.now(ZoneInfo(str(ZONE))).date()
        spec = Spec(SIZES[options["size"]], as_of, DEFAULT_SEED if options["seed"] is None else options["seed"])
        try:
            county.load(spec, self._say)
        except county.NotEmpty as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(f"  {text}")
        self.stdout.flush()
