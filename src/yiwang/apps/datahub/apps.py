"""Django app of the data centre (数据中心)."""

from django.apps import AppConfig


class DatahubConfig(AppConfig):
    name = "yiwang.apps.datahub"
    label = "datahub"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.module_loading import import_string

        from yiwang.kernel.audit.readings import register_relations

        register_relations(import_string("yiwang.apps.datahub.queries.rights.nearness.relations"))  # by name, as manifests do: apps lie below queries
