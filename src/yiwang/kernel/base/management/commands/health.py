"""`yiwang health`: what holds and what does not, as /readyz says it; for a shell, and for who has no Prometheus."""

import math
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yiwang.kernel.base import observing


class Command(BaseCommand):
    help = "Say what holds and what does not. Ends with 1 when something is wrong, with 2 when requests cannot be served."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--figures", action="store_true", help="print every figure as well")

    def handle(self, *args: Any, **options: Any) -> None:
        found = observing.look(fresh=True)
        for finding in found.findings:
            value = "?" if finding.value is None else "never" if math.isinf(finding.value) else f"{finding.value:.0f}"
            where = f" ({finding.which})" if finding.which else ""
            page = "" if finding.state == "ok" else f"  -> docs/runbook/{finding.check.runbook}.md"
            self.stdout.write(f"{finding.state:8} {finding.check.name:12} {value} {finding.check.unit}{where}{page}")
        if options["figures"]:
            for sample in found.samples:
                self.stdout.write(f"{sample.gauge} {' '.join(f'{k}={v}' for k, v in sample.labels.items())} {sample.value:g}")
        if not found.ready:
            raise SystemExit(2)
        if not found.whole:
            raise SystemExit(1)
