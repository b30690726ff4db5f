"""Doors of the map."""

from django.urls import path

from yiwang.kernel.geography import pages

urlpatterns = [
    path("map/layers/<str:code>.geojson", pages.layer, name="map_layer"),
    path("map/place.json", pages.place, name="map_place"),
    path("map/search.json", pages.search, name="map_search"),
]
