"""Django app of the room `audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "yiwang.kernel.audit"
    label = "yw_audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.audit import soundness

        soundness.register()
