"""`yiwang relay`: hand committed events on, until told to stop."""

import logging
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, connection

from yiwang.kernel.base import heartbeats, logs, pulse
from yiwang.kernel.cases.services import fire_due
from yiwang.kernel.exchange import relay
from yiwang.kernel.supervision.services import wake

log = logging.getLogger("yiwang.relay")
IDLE_S = 0.5
TIMERS_EVERY_S = 5.0


class Command(BaseCommand):
    help = "Hand committed events to notices and the live stream, and fire due timers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        timers_at = beat_at = 0.0
        while not self.stopping:
            pulse.beat()
            try:
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + heartbeats.BEAT_S
                    heartbeats.beat("relay")
                handed = relay.run_once()
                if time.monotonic() >= timers_at or options["once"]:
                    timers_at = time.monotonic() + TIMERS_EVERY_S
                    fire_due()
                    wake()
            except Error as error:  # the database restarts: wait for it, nothing is lost
                log.warning("the database does not answer", extra={"facts": {"error": logs.reason(error)}})
                connection.close()
                handed = 0
                time.sleep(1)
            if options["once"]:
                break
            if not handed:
                time.sleep(IDLE_S)

    def stop(self, *_signal: object) -> None:
        self.stopping = True
