"""`yiwang upgrade [--check]`: ask what speaks against it, change the tables, install what ships, look whether all is whole."""

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from yiwang.kernel.base import backfill, upgrading

LOCKED = "lock timeout"  # settings: the owner gives up a lock after five seconds rather than stop everybody
TRIES, PAUSE_S = 10, 3.0


class Command(BaseCommand):
    help = "Upgrade the database to this version while people work: check, migrate, setup, backfill, verify."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what speaks against it")
        parser.add_argument("--no-verify", action="store_true", help="leave out `check-data` at the end (it reads everything)")

    def handle(self, *args: Any, **options: Any) -> None:
        reasons = upgrading.vetoes()
        if reasons:
            raise CommandError("Nothing was changed.\n" + "\n".join(f"  - {reason}" for reason in reasons))
        waiting = upgrading.pending()
        self.stdout.write(f"Nothing speaks against it; {len(waiting)} changes of tables wait: {', '.join(f'{m.app_label}.{m.name}' for m in waiting) or '-'}")
        if options["check"]:
            return
        if waiting:
            self._migrate()
        self.stdout.write("What ships with this version")
        call_command("setup", stdout=self.stdout)
        for name in backfill.names():
            self.stdout.write(f"backfill {name}: {backfill.run(name).rows} rows")
        if not options["no_verify"]:
            self.stdout.write("Is everything whole?")
            call_command("check_data", stdout=self.stdout)
        self.stdout.write("Upgraded.")

    def _migrate(self) -> None:
        """Run the migrations as the owner, in a process of its own; a lock that is not to be had is asked for again."""
        for number in range(1, TRIES + 1):
            done = subprocess.run(
                [sys.executable, "-m", "yiwang", "migrate", "--no-input", "--skip-checks", "-v1"],
                env={**os.environ, "YIWANG_DB_ROLE": "owner", "YIWANG_DB_POOL": ""}, capture_output=True, text=True, check=False,
            )  # fmt: skip
            self.stdout.write(done.stdout.rstrip())
            if done.returncode == 0:
                return
            if LOCKED not in done.stderr:
                break
            self.stdout.write(f"A table was in use (try {number} of {TRIES}); what was done stays, the rest is tried again")
            time.sleep(PAUSE_S)
        said = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise CommandError(f"The tables were changed up to the last line above, and no further:\n{said}")
