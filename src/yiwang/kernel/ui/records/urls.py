"""Addresses of the record's pages."""

from django.urls import path

from yiwang.kernel.ui.records import pages, secrets

app_name = "records"
urlpatterns = [
    path("", pages.events, name="events"),
    path("<int:position>/", pages.event, name="event"),
    path("accesses/", pages.accesses, name="accesses"),
    path("secrets/", secrets.secrets, name="secrets"),
    path("pack.zip", secrets.pack, name="pack"),
    path("exports/", pages.exports, name="exports"),
    path("seals/", pages.seals, name="seals"),
    path("seals/verify/", pages.verify, name="verify"),
    path("warnings/", pages.warnings, name="warnings"),
    path("warnings/<uuid:uid>/", pages.warning, name="warning"),
    path("warnings/<uuid:uid>/judge/", pages.judge, name="judge"),
]
