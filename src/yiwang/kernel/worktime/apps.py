"""Django app of the room `worktime`."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _install(**_more: Any) -> None:
    from django.db import connection

    from yiwang.kernel.worktime.services import install_shipped

    if "worktime_day" in connection.introspection.table_names():  # gone when somebody migrates backwards
        install_shipped()


class WorktimeConfig(AppConfig):
    name = "yiwang.kernel.worktime"
    label = "yw_worktime"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_install, sender=self)
