"""Addresses of the data centre: one file of this folder for each subject, put together here."""

from django.urls import URLPattern, URLResolver, include, path

from yiwang.apps.datahub.urls import (
    economy,
    forms,
    landing,
    opening,
    population,
    rights,
    share,
    sources,
    space,
    standards,
    transforms,
)

_doors: list[URLPattern | URLResolver] = [*economy.doors, *forms.doors, *landing.doors, *opening.DOORS, *population.urlpatterns, *rights.doors, *share.doors, *sources.doors, *space.doors, *standards.doors, *transforms.doors]
_outside: list[URLPattern | URLResolver] = [*opening.OUTSIDE, *share.outside]  # addresses that a protocol fixes, below the root

urlpatterns = [path("data/", include((_doors, "datahub"))), *_outside]
