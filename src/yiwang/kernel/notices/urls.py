"""Doors of messages."""

from django.urls import path

from yiwang.kernel.notices import choosing, pages

urlpatterns = [
    path("notices/", pages.inbox, name="notices"),
    path("notices/read/", pages.read_all, name="notices_read_all"),
    path("notices/channels/", choosing.my_channels, name="notices_channels"),
    path("notices/channels/test/", choosing.send_test, name="notices_channels_test"),
    path("notices/<uuid:uid>/", pages.open_one, name="notice"),
]
