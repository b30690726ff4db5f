"""Django app of the data centre (数据中心)."""

from django.apps import AppConfig


class DatahubConfig(AppConfig):
    name = "yiwang.apps.datahub"
    label = "datahub"
    default_auto_field = "django.db.models.BigAutoField"
