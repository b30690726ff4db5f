"""Doors of natural resources and space."""

from django.urls import path

from yiwang.apps.datahub.pages import space

doors = [
    path("space/", space.catalogue, name="space"),
    path("space/here/", space.here, name="space_here"),
    path("space/overlap/", space.overlap, name="space_overlap"),
    path("space/layers/<uuid:uid>/", space.entry, name="space_layer"),
]
