"""Django app of the room `notices`."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "yiwang.kernel.notices"
    label = "yw_notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.notices import senders

        senders.connect()
