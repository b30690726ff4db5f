"""Django app of the room `identity`."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "yiwang.kernel.identity"
    label = "yw_identity"
    default_auto_field = "django.db.models.BigAutoField"
