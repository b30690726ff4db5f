"""Django app of the room `ui`."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "yiwang.kernel.ui"
    label = "yw_ui"
    default_auto_field = "django.db.models.BigAutoField"
