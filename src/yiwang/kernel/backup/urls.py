"""Doors of backups."""

from django.urls import include, path

from yiwang.kernel.backup import pages

_doors = [
    path("", pages.backups, name="backups"),
    path("run/", pages.run, name="run"),
    path("progress/", pages.progress, name="progress"),
    path("<str:name>/verify/", pages.verify, name="verify"),
]
urlpatterns = [path("backups/", include((_doors, "backup")))]
