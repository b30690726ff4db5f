"""Addresses of the population base."""

from django.urls import path

from yiwang.apps.datahub.pages.base import filling, people, review

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/fill/", filling.fill, name="fill"),
    path("people/rules/", people.rules, name="base_rules"),
    path("people/<uuid:uid>/", people.person, name="person"),
    path("people/<uuid:uid>/split/", people.split, name="person_split"),
    path("merges/<uuid:uid>/", people.merge, name="merge"),
    path("review/", review.review_list, name="review"),
    path("review/<uuid:uid>/", review.pair, name="pair"),
]
