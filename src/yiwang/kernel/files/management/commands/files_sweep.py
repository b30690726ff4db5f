"""`yiwang files_sweep`: remove what no row names."""

from typing import Any

from django.core.management.base import BaseCommand

from yiwang.kernel.files import services


class Command(BaseCommand):
    help = "Remove unclaimed uploads older than a day, bytes that no row names, and temporary files of killed processes."

    def handle(self, *args: Any, **options: Any) -> None:
        done = services.sweep()
        self.stdout.write(
            f"Removed {done['rows']} unclaimed uploads, {done['blobs']} files without a row, {done['temporary']} temporary files."
        )
