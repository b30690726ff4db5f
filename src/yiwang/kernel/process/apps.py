"""Django app of the room `process`."""

from django.apps import AppConfig


class ProcessConfig(AppConfig):
    name = "yiwang.kernel.process"
    label = "yw_process"
    default_auto_field = "django.db.models.BigAutoField"
