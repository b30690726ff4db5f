"""Django app of city management by grid (数字城管)."""

from django.apps import AppConfig


class CityConfig(AppConfig):
    name = "yiwang.apps.city"
    label = "city"
    default_auto_field = "django.db.models.BigAutoField"
