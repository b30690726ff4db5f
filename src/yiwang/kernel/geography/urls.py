"""Doors of the map."""

from django.urls import include, path

from yiwang.kernel.geography import pages
from yiwang.kernel.geography.pages import addresses, beats, components, facts, grids, maps, ogc, tiles

_components = [
    path("components/", components.listing, name="list"),
    path("components/new/", components.new, name="new"),
    path("components/bulk/", components.bulk, name="bulk"),
    path("components/<uuid:uid>/", components.one, name="one"),
    path("components/<uuid:uid>/change/", components.change, name="change"),
]
_grids = [
    path("grids/", grids.listing, name="list"),
    path("grids/change/", grids.change, name="change"),
    path("grids/<uuid:uid>/", grids.one, name="one"),
]
_beats = [
    path("responsibility-grids/", beats.listing, name="list"),
    path("responsibility-grids/<uuid:uid>/", beats.one, name="one"),
    path("responsibility-grids/<uuid:uid>/change/", beats.change, name="change"),
]
_addresses = [
    path("addresses/", addresses.lookup, name="lookup"),
    path("addresses/files/", addresses.upload, name="upload"),
    path("addresses/files/<uuid:uid>/", addresses.file, name="file"),
    path("addresses/files/<uuid:uid>/remove/", addresses.remove, name="remove"),
    path("addresses/files/<uuid:uid>/<str:form>", addresses.download, name="download"),
]
urlpatterns = [
    path("", include((_addresses, "addresses"))),
    path("", include((_components, "components"))),
    path("", include((_grids, "grids"))),
    path("", include((_beats, "beats"))),
    path("map/layers/<str:code>.geojson", pages.layer, name="map_layer"),
    path("map/place.json", pages.place, name="map_place"),
    path("map/search.json", pages.search, name="map_search"),
    path("map/", maps.whole, name="map_whole"),
    path("map/print/", maps.sheet, name="map_print"),
    path("map/layers.json", tiles.layers, name="map_layers"),
    path("map/facts/<str:code>/<uuid:uid>.json", facts.facts, name="map_facts"),
    path("map/tiles/<str:code>.json", tiles.tilejson, name="map_tilejson"),
    path("map/tiles/<str:code>/<int:z>/<int:x>/<int:y>.mvt", tiles.tile, name="map_tile"),
    path("ogc/features/", ogc.landing, name="ogc_landing"),
    path("ogc/features/conformance", ogc.conformance, name="ogc_conformance"),
    path("ogc/features/api", ogc.api, name="ogc_api"),
    path("ogc/features/collections", ogc.collections, name="ogc_collections"),
    path("ogc/features/collections/<str:code>", ogc.collection, name="ogc_collection"),
    path("ogc/features/collections/<str:code>/items", ogc.features, name="ogc_items"),
    path("ogc/features/collections/<str:code>/items/<uuid:uid>", ogc.feature, name="ogc_item"),
]
