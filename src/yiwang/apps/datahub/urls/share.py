"""Addresses of the catalogue and of sharing."""

from django.urls import URLPattern, URLResolver, path

from yiwang.apps.datahub.api import share as api
from yiwang.apps.datahub.pages.share import catalogue, flows, grants, requests, systems

doors: list[URLPattern | URLResolver] = [
    path("catalogue/", catalogue.catalogue_page, name="catalogue"),
    path("catalogue/new/", catalogue.describe_page, name="entry_new"),
    path("catalogue/<slug:code>/", catalogue.entry_page, name="entry"),
    path("catalogue/<slug:code>/edit/", catalogue.describe_page, name="entry_edit"),
    path("sharing/", requests.requests_page, name="requests"),
    path("sharing/flows/", flows.flows_page, name="flows"),
    path("sharing/catalogue.<str:format>", flows.export, name="catalogue_export"),
    path("sharing/ask/<slug:code>/", requests.ask_page, name="ask"),
    path("sharing/requests/<uuid:uid>/", requests.request_page, name="request"),
    path("sharing/object/<slug:code>/", requests.object_page, name="object_to"),
    path("sharing/objections/<uuid:uid>/", requests.objection_page, name="objection"),
    path("sharing/grants/<uuid:uid>/", grants.grant_page, name="grant"),
    path("sharing/grants/<uuid:uid>/deliveries/<int:seq>/", grants.delivery_page, name="delivery"),
    path("systems/", systems.systems_page, name="systems"),
    path("systems/new/", systems.system_new, name="system_new"),
    path("systems/register.xlsx", systems.export, name="systems_export"),
    path("systems/<slug:code>/", systems.system_page, name="system"),
]
outside: list[URLPattern | URLResolver] = [
    path("api/v1/data/<slug:code>/rows", api.rows, name="datahub_api_rows"),
    path("api/v1/data/<slug:code>/changes", api.changes, name="datahub_api_changes"),
    path("api/v1/data/<slug:code>/query", api.query, name="datahub_api_query"),
]
