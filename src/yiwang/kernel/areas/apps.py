"""Django app of the room `areas`."""

from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "yiwang.kernel.areas"
    label = "yw_areas"
    default_auto_field = "django.db.models.BigAutoField"
