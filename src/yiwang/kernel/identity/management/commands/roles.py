"""`yiwang roles sync`: bring the roles of the installed apps into the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from yiwang.kernel.base import actor as actors
from yiwang.kernel.identity import services


class Command(BaseCommand):
    help = "Create and update the shipped roles; roles that an administrator changed are left as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["sync"])

    def handle(self, *args: Any, **options: Any) -> None:
        for result in services.sync_shipped_roles(actors.system("roles sync")):
            differs = "".join(f"; {word}: {', '.join(names)}" for word, names in
                              (("not granted here", result.missing), ("only here", result.extra)) if names)  # fmt: skip
            self.stdout.write(f"{result.code}: {result.outcome}{differs}")
