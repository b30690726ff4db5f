"""`yiwang timers`: timers that failed for good, with why; `--retry` lets the relay try them again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Timer
from yiwang.kernel.cases.services.timers import MOST_TRIES


class Command(BaseCommand):
    help = "List timers that failed for good. A timer that is tried again counts from its own moment."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retry", action="store_true", help="try them all again")

    def handle(self, *args: Any, **options: Any) -> None:
        given_up = Timer.objects.filter(fired_at__isnull=True, tries__gte=MOST_TRIES).select_related("case").order_by("due_at")
        for timer in given_up[:100]:
            self.stdout.write(f"{timer.pk} {timer.kind} of case {timer.case.uid}, due {timer.due_at:%Y-%m-%d %H:%M} UTC: {timer.last_error}")
        waiting = Timer.objects.filter(fired_at__isnull=True, due_at__lte=now(), tries__lt=MOST_TRIES).count()
        if options["retry"]:
            self.stdout.write(f"{given_up.update(tries=0)} timers are tried again")
        self.stdout.write(f"{waiting} timers are due and waiting")
