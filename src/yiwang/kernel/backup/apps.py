"""Django app of the room `backup`."""

from django.apps import AppConfig


class BackupConfig(AppConfig):
    name = "yiwang.kernel.backup"
    label = "yw_backup"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.backup.queries import last_good
        from yiwang.kernel.base.observing import register_last_backup

        register_last_backup(last_good)
