"""Doors of messages."""

from django.urls import path

from yiwang.kernel.notices import pages

urlpatterns = [
    path("notices/", pages.inbox, name="notices"),
    path("notices/read/", pages.read_all, name="notices_read_all"),
    path("notices/<uuid:uid>/", pages.open_one, name="notice"),
]
