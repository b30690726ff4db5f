"""Django app of the room `paper`."""

from django.apps import AppConfig


class PaperConfig(AppConfig):
    name = "yiwang.kernel.paper"
    label = "yw_paper"
    default_auto_field = "django.db.models.BigAutoField"
