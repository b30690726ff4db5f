"""Django app of the room `cases`."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "yiwang.kernel.cases"
    label = "yw_cases"
    default_auto_field = "django.db.models.BigAutoField"
