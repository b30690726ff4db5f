"""Addresses of open data: offices below /data/open/, everybody below /open/, programs where CKAN and DCAT have them."""

from django.urls import URLPattern, URLResolver, include, path

from yiwang.apps.datahub.api.opening import catalogue, ckan
from yiwang.apps.datahub.pages.opening import asking, desk, office, public

DOORS: list[URLPattern | URLResolver] = [
    path("open/", office.open_sets, name="open_sets"),
    path("open/new/", office.open_new, name="open_new"),
    path("open/sets/<uuid:uid>/", office.open_set, name="open_set"),
    path("open/requests/", desk.open_requests, name="open_requests"),
    path("open/requests/<uuid:uid>/", desk.open_request, name="open_request"),
    path("open/challenges/<uuid:uid>/", desk.open_challenge, name="open_challenge"),
]

_public = [
    path("", public.front, name="front"),
    path("promises/", public.promises, name="promises"),
    path("use/", public.use, name="use"),
    path("terms/", public.terms, name="terms"),
    path("requests/", asking.requests, name="requests"),
    path("challenges/", asking.challenge_list, name="challenges"),
    path("challenges/<slug:slug>/", asking.challenge, name="challenge"),
    path("<slug:slug>/", public.one, name="one"),
    path("<slug:slug>/files/<str:name>", public.file, name="file"),
    path("<slug:slug>/datapackage.json", catalogue.datapackage, name="datapackage"),
    path("<slug:slug>/package.zip", catalogue.package_zip, name="package_zip"),
]

OUTSIDE: list[URLPattern | URLResolver] = [
    path("open/", include((_public, "open"))),
    path("api/3", ckan.version, name="ckan_version"),
    path("api/3/action/<str:name>", ckan.action, name="ckan_action"),
    path("api/action/<str:name>", ckan.action, name="ckan_action_plain"),
    path("catalog.<str:form>", catalogue.catalog, name="dcat_catalog"),
    path("dataset/<str:name>.<str:form>", catalogue.dataset, name="dcat_dataset"),
    path("dataset/<str:name>", catalogue.dataset_page, name="dcat_page"),
]
