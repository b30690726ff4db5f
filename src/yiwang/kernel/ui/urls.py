"""Doors of the frame."""

from django.urls import include, path

from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui import pages, probes, status
from yiwang.kernel.ui.desks import pages as desks

urlpatterns = [
    # ProbeMiddleware answers these three before anything else; here they are named for the walk over all addresses.
    path("healthz", door(public=True)(probes.healthz), name="healthz"),
    path("readyz", door(public=True)(probes.readyz), name="readyz"),
    path("metrics", door(public=True)(probes.figures), name="metrics"),
    path("admin/status/", status.status, name="status"),
    path("", pages.home, name="home"),
    path("records/", include("yiwang.kernel.ui.records.urls")),
    path("search/", desks.search, name="search"),
    path("ui/language/", pages.language, name="ui_language"),
    path("ui/large-print/", pages.large_print, name="ui_large_print"),
    path("ui/theme/", pages.theme, name="ui_theme"),
    path("ui/post/", pages.post, name="ui_post"),
    path("ui/map-base.json", pages.map_base, name="ui_map_base"),
    path("ui/components/", pages.components, name="ui_components"),
    path("ui/components/refuse/", pages.refuse, name="ui_components_refuse"),
    path("ui/components/points.json", pages.specimen_points, name="ui_components_points"),
]
