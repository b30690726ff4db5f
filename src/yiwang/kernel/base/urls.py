"""Doors of the base: the JSON API of all rooms and apps."""

from django.urls import path

from yiwang.kernel.base.api import make_api

urlpatterns = [path("api/v1/", make_api().urls)]
