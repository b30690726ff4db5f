"""Django app of the room `base`."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "yiwang.kernel.base"
    label = "yw_base"
    default_auto_field = "django.db.models.BigAutoField"
