"""Django app of the data centre (数据中心)."""

from django.apps import AppConfig


class DatahubConfig(AppConfig):
    name = "yiwang.apps.datahub"
    label = "datahub"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.apps.datahub.queries.rights.nearness import relations
        from yiwang.kernel.audit.readings import register_relations

        register_relations(relations)
