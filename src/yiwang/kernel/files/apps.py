"""Django app of the room `files`."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "yiwang.kernel.files"
    label = "yw_files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.files import component_photos, soundness

        soundness.register()
        component_photos.register()
