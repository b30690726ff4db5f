"""Doors of transformations and lineage."""

from django.urls import path

from yiwang.apps.datahub.pages import transforms

doors = [
    path("models/", transforms.model_list, name="models"),
    path("lineage/<slug:code>/", transforms.lineage, name="lineage"),
]
