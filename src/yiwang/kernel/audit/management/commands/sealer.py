"""`yiwang sealer [--once]`: seal committed lines every few seconds, make the coming months' partitions once a day."""

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections, connection

from yiwang.kernel.audit import sealing, services
from yiwang.kernel.audit.errors import SealsDisagree
from yiwang.kernel.base import heartbeats, logs, metrics, pulse
from yiwang.kernel.base.clock import now

log = logging.getLogger("yiwang.sealer")


class Command(BaseCommand):
    help = "Seal the record. Without --once it runs until it is told to stop."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="seal what is final now, then end")
        parser.add_argument("--interval", type=float, default=5.0, help="seconds between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            services.partitions_ahead()
            made = sealing.seal_all()
            self.stdout.write(f"{sum(s.count for s in made)} lines sealed in {len(made)} seals")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        prepared, beat_at = None, 0.0
        while not stop.is_set():
            pulse.beat()
            try:
                if prepared != (today := now().date()):
                    services.partitions_ahead()
                    prepared = today
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + heartbeats.BEAT_S
                    heartbeats.beat("sealer")
                for seal in sealing.seal_all():
                    metrics.LINES_SEALED.labels(stream=seal.stream).inc(seal.count)
                    log.info("sealed", extra={"facts": {"stream": seal.stream, "seal": seal.number, "lines": seal.count}})
            except SealsDisagree as problem:
                log.error("%s", problem)
                stop.wait(30)  # a person has to look; say it again every half minute
            except Error as error:  # the database restarts: what was not sealed is sealed afterwards
                log.warning("the database does not answer", extra={"facts": {"error": logs.reason(error)}})
                connection.close()
            except OSError as error:
                log.error("the copy of the seals cannot be written: %s", error)
            close_old_connections()
            stop.wait(options["interval"])
