"""Django app of the room `exchange`."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "yiwang.kernel.exchange"
    label = "yw_exchange"
    default_auto_field = "django.db.models.BigAutoField"
