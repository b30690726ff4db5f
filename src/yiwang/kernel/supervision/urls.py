"""Doors of supervision."""

from django.urls import include, path
from django.urls.resolvers import URLPattern

_doors: list[URLPattern] = []
urlpatterns = [path("supervision/", include((_doors, "supervision")))]
