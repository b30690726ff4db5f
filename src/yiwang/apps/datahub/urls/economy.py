"""Doors of the macro-economic base."""

from django.urls import path

from yiwang.apps.datahub.pages import economy

doors = [
    path("economy/", economy.listing, name="economy"),
    path("economy/compare/", economy.compare, name="economy_compare"),
    path("economy/compare.xlsx", economy.compare, {"ext": "xlsx"}, name="economy_compare_file"),
    path("economy/bring-in/", economy.bring_in, name="economy_bring_in"),
    path("economy/waiting/", economy.waiting, name="economy_waiting"),
    path("economy/new/", economy.new, name="economy_new"),
    path("economy/series/<uuid:uid>/", economy.one, name="economy_series"),
    path("economy/series/<uuid:uid>/figures.xlsx", economy.file, name="economy_series_file"),
]
