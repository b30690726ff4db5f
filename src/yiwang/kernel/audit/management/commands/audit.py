"""`yiwang audit verify|restored|status`: is the record as it was written?"""

import getpass
import json
from argparse import ArgumentParser
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from yiwang.kernel.audit import queries, sealing, services, verifying
from yiwang.kernel.base import actor as actors
from yiwang.kernel.base.clock import now

SHOWN = 200


class Command(BaseCommand):
    help = "Verify the record of events and accesses: name every altered, removed, inserted or re-ordered line."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="re-read everything and name what is wrong; exit code 1 if anything")
        verify.add_argument("--json", action="store_true")
        restored = verbs.add_parser("restored", help="a backup was restored on purpose: accept the older database")
        restored.add_argument("--reason", required=True)
        verbs.add_parser("status", help="how far lines are written, readable and sealed")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["verb"])(options)

    def verify(self, options: dict[str, Any]) -> None:
        started = now()
        report = verifying.verify()
        with suppress(Error):  # a copy that can only be read is verified as well
            verifying.keep(report, started, f"command ({getpass.getuser()})")
        if options["json"]:
            self.stdout.write(json.dumps({"ok": report.ok, **asdict(report)}, default=str, ensure_ascii=False))
        else:
            for fault in report.faults[:SHOWN]:
                self.stdout.write(f"WRONG  {fault}")
            if len(report.faults) > SHOWN:
                self.stdout.write(f"... and {len(report.faults) - SHOWN} more; --json lists all.")
            self.stdout.write(
                f"{report.lines} lines, {report.cases} cases and {report.seals} seals read; "
                f"{report.unsealed} lines are newer than the last seal."
            )
            until = f"{report.vouched_until:%Y-%m-%d %H:%M:%S %Z}" if report.vouched_until else "never"
            self.stdout.write(f"Vouched for: every line up to position {report.vouched_position}, sealed {until}.")
        if not report.ok:
            raise CommandError(f"{len(report.faults)} faults found: the record is not as it was written.")
        if not options["json"]:
            self.stdout.write("The record is whole.")

    def restored(self, options: dict[str, Any]) -> None:
        sealing.accept_restored(actors.system("audit restored"), options["reason"])
        self.stdout.write("Accepted and recorded; the former copy of the seals is kept beside the new one.")

    def status(self, options: dict[str, Any]) -> None:
        for stream in sealing.STREAMS:
            seal = queries.latest_seal(stream)
            self.stdout.write(
                f"{stream}: drawn {queries.last_position(stream)}, readable {services.advance_tide(stream)}, "
                f"sealed {seal.upto_position if seal else 0} (seal {seal.number if seal else 0})"
            )
