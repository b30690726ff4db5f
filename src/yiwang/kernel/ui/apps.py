"""Django app of the room `ui`."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "yiwang.kernel.ui"
    label = "yw_ui"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.base.http import register_bare_face
        from yiwang.kernel.ui import deploy_checks  # noqa: F401 - the checks register themselves
        from yiwang.kernel.ui.failures import bare

        register_bare_face(bare)
