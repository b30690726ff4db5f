"""Doors of working calendars."""

from django.urls import include, path

from yiwang.kernel.worktime import pages

_doors = [
    path("", pages.calendars, name="calendars"),
    path("<str:code>/unmark/", pages.unmark, name="unmark"),
    path("<str:code>/<int:year>/", pages.year, name="year"),
    path("<str:code>/<int:year>/confirm/", pages.confirm, name="confirm"),
]
urlpatterns = [path("calendars/", include((_doors, "worktime")))]
