"""Django app of city management by grid (数字城管)."""

from typing import Any

from django.apps import AppConfig


def _may_see_check(actor: Any, uid: Any) -> bool:
    """Ask the service by name: what installs the app imports none of its rooms."""
    from yiwang.kernel.base.registry import dotted

    return bool(dotted("yiwang.apps.city.services.judging.checks.may_see_files")(actor, uid))


class CityConfig(AppConfig):
    name = "yiwang.apps.city"
    label = "city"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.base.datachecks import register_data_check
        from yiwang.kernel.files.access import register_access

        register_access("second_check", _may_see_check)
        register_data_check("city.typed", "has every city case its own row, and the reverse?", "yiwang.apps.city.queries.soundness.typed")
        register_data_check("city.shifts", "does every sign-out and every position belong to a shift?", "yiwang.apps.city.queries.soundness.shifts")
