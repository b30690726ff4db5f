"""Django app of the room `indicators`."""

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "yiwang.kernel.indicators"
    label = "yw_indicators"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.indicators.services import facts  # noqa: F401  registers its backfill
