"""Django app of the room `indicators`."""

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "yiwang.kernel.indicators"
    label = "yw_indicators"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.indicators.services import facts, printing  # noqa: F401  facts registers its backfill
        from yiwang.kernel.notices import channels

        channels.register_paper("bulletin", printing.paper)
