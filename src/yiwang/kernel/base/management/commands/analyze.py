"""`yiwang analyze`: tell the planner what was loaded in bulk; run as the owner of the tables (YIWANG_DB_ROLE=owner)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = "Gather the planner's statistics after a bulk load."

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
