"""Django app of the room `identity`."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "yiwang.kernel.identity"
    label = "yw_identity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.identity import signals  # noqa: F401  connects them
