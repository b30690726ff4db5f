"""Doors of layers and map files."""

from django.urls import include, path

from yiwang.kernel.mapdata import pages

_doors = [
    path("layers/", pages.layers, name="layers"),
    path("layers/new/", pages.new_layer, name="new_layer"),
    path("layers/<slug:code>/", pages.edit_layer, name="layer"),
    path("layers/<slug:code>/export/", pages.export, name="export"),
    path("imports/", pages.imports, name="imports"),
    path("imports/new/", pages.upload, name="upload"),
    path("imports/<uuid:uid>/", pages.batch, name="import"),
    path("imports/<uuid:uid>/progress/", pages.progress, name="progress"),
    path("imports/<uuid:uid>/choose/", pages.choose, name="choose"),
    path("imports/<uuid:uid>/place/", pages.compare_place, name="place"),
    path("imports/<uuid:uid>/bring/", pages.bring, name="bring"),
    path("imports/<uuid:uid>/undo/", pages.undo, name="undo"),
    path("imports/<uuid:uid>/discard/", pages.discard, name="discard"),
    path("imports/<uuid:uid>/rows.geojson", pages.preview, name="preview"),
    path("imports/<uuid:uid>/bad.<str:form>", pages.bad_rows, name="bad_rows"),
]
urlpatterns = [path("ground/", include((_doors, "mapdata")))]
