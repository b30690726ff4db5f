"""Django app of the room `worktime`."""

from django.apps import AppConfig


class WorktimeConfig(AppConfig):
    name = "yiwang.kernel.worktime"
    label = "yw_worktime"
    default_auto_field = "django.db.models.BigAutoField"
