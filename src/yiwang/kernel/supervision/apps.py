"""Django app of the room `supervision`."""

from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "yiwang.kernel.supervision"
    label = "yw_supervision"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.cases.services.clocks import register_marks
        from yiwang.kernel.files.access import register_access
        from yiwang.kernel.supervision.queries import orders, rulebook

        register_marks(rulebook.marks_of)
        register_access("supervision_order", orders.may_see_files)
        register_access("supervision_part", orders.may_see_part_files)
