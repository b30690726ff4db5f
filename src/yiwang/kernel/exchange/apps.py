"""Django app of the room `exchange`."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "yiwang.kernel.exchange"
    label = "yw_exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.exchange import (
            judging,  # noqa: F401  registers its consumer
            pressing,  # noqa: F401  registers its consumer
            soundness,
            telling,  # noqa: F401  registers its consumers
            warning,  # noqa: F401  registers its consumer
        )

        soundness.register()
