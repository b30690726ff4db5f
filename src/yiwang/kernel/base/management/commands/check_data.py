"""`yiwang check-data`: does every row agree with every other, and with the record?"""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yiwang.kernel.base import datachecks


class Command(BaseCommand):
    help = "Check that nothing was lost: cases against their events, clocks, tasks, files, outbox, seals. Reads only."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help="only checks whose names begin with one of these (see --list)")
        parser.add_argument("--without", action="append", default=[], help="leave out checks that begin with this")
        parser.add_argument("--settled", action="store_true", help="nobody works now: nothing may wait in outbox or queue")
        parser.add_argument("--deep", action="store_true", help="read every file to its end and compare its hash")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--list", action="store_true", help="name the checks and what each asks")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for check in datachecks.data_checks():
                self.stdout.write(f"{check.name:<18} {check.asks}")
            return
        look = datachecks.Look(settled=options["settled"], deep=options["deep"])
        wrong, told = 0, []
        began = time.monotonic()
        for answer in datachecks.run(look, only=options["names"], without=options["without"]):
            found = len(answer.findings) + answer.more
            wrong += found
            took = time.monotonic() - began
            began = time.monotonic()
            told.append({"check": answer.check.name, "seen": answer.seen, "found": found, "seconds": round(took, 2),
                         "findings": [{"subject": f.subject, "detail": f.detail} for f in answer.findings]})  # fmt: skip
            if not options["json"]:
                self.stdout.write(f"{'WRONG' if found else 'ok':<6} {answer.check.name:<18} {answer.seen:>9} seen {took:6.1f} s")
                for finding in answer.findings:
                    self.stdout.write(f"       {finding}")
                if answer.more:
                    self.stdout.write(f"       ... and {answer.more} more")
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not wrong, "checks": told}, ensure_ascii=False))
        if wrong:
            raise CommandError(f"{wrong} findings; docs/runbook/data-does-not-agree.md says what to do.")
        if not told:
            raise CommandError("No check has such a name; --list names them.")
