"""Addresses of Open311 GeoReport v2."""

from django.urls import include, path

from yiwang.apps.city.open311 import formats, views
from yiwang.kernel.base.http import register_face

register_face("/open311/", formats.problem_face)

_calls = [
    path("", views.discovery, name="root"),
    path("discovery", views.discovery, name="discovery"),
    path("discovery.<str:format>", views.discovery, name="discovery"),
    path("services", views.services, name="services"),
    path("services.<str:format>", views.services, name="services"),
    path("services/<str:code>.<str:format>", views.definition, name="definition"),
    path("services/<str:code>", views.definition, name="definition"),
    path("requests", views.requests, name="requests"),
    path("requests.<str:format>", views.requests, name="requests"),
    path("requests/<str:number>.<str:format>", views.one_request, name="request"),
    path("requests/<str:number>", views.one_request, name="request"),
    path("tokens/<str:value>.<str:format>", views.token, name="token"),
    path("tokens/<str:value>", views.token, name="token"),
    path("media/<uuid:uid>.jpg", views.media, name="media"),
    path("<path:rest>", views.nothing, name="nothing"),
]
urlpatterns = [path("open311/v2/", include((_calls, "open311")))]
