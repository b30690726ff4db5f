"""Django app of the room `mapdata`."""

from django.apps import AppConfig


class MapDataConfig(AppConfig):
    name = "yiwang.kernel.mapdata"
    label = "yw_mapdata"
    default_auto_field = "django.db.models.BigAutoField"
