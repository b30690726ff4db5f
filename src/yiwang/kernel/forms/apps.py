"""Django app of the room `forms`."""

from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "yiwang.kernel.forms"
    label = "yw_forms"
    default_auto_field = "django.db.models.BigAutoField"
