"""Django app of the room `geography`."""

from django.apps import AppConfig


class GeographyConfig(AppConfig):
    name = "yiwang.kernel.geography"
    label = "yw_geography"
    default_auto_field = "django.db.models.BigAutoField"
