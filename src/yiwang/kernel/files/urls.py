"""Doors of files."""

from django.urls import path

from yiwang.kernel.files import pages

urlpatterns = [
    path("files/", pages.upload, name="file_upload"),
    path("files/<uuid:uid>/", pages.show, name="file"),
    path("files/<uuid:uid>/thumb/", pages.thumb, name="file_thumb"),
]
