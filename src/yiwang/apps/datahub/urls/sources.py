"""Doors of sources."""

from django.urls import path

from yiwang.apps.datahub.pages import sources

doors = [
    path("sources/", sources.source_list, name="sources"),
    path("sources/new/<slug:kind>/", sources.source_new, name="source_new"),
    path("sources/<uuid:uid>/", sources.source_page, name="source"),
    path("sources/<uuid:uid>/edit/", sources.source_edit, name="source_edit"),
]
