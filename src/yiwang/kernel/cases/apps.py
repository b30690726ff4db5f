"""Django app of the room `cases`."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "yiwang.kernel.cases"
    label = "yw_cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.audit.verifying import register_head_source
        from yiwang.kernel.cases.queries import heads, persons, soundness, work
        from yiwang.kernel.cases.services import handing
        from yiwang.kernel.cases.services.parties import address_of
        from yiwang.kernel.files.access import register_access
        from yiwang.kernel.identity.handover import register_handover
        from yiwang.kernel.notices.channels import register_address_book

        register_head_source(heads.chain_heads)
        register_access("case", work.may_see_files, may_see_personal=persons.may_hear)
        register_address_book(address_of)
        register_handover("tasks", handing.open_tasks_of, handing.hand_over)
        soundness.register()
