"""Addresses of the bases of persons and legal entities."""

from django.urls import path

from yiwang.apps.datahub.pages.base import entities, filling, governing, people, review, subscriptions

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/fill/", filling.fill, name="fill"),
    path("people/rules/", governing.rules, {"kind": "person"}, name="base_rules"),
    path("people/<uuid:uid>/", people.person, name="person"),
    path("people/<uuid:uid>/split/", people.split, name="person_split"),
    path("entities/", entities.entities, name="entities"),
    path("entities/rules/", governing.rules, {"kind": "entity"}, name="entity_rules"),
    path("entities/<uuid:uid>/", entities.entity, name="entity"),
    path("entities/<uuid:uid>/split/", entities.split, name="entity_split"),
    path("subscriptions/", subscriptions.subscription_list, name="subscriptions"),
    path("subscriptions/<uuid:uid>/end/", subscriptions.end, name="subscription_end"),
    path("merges/<uuid:uid>/", people.merge, name="merge"),
    path("review/", review.review_list, name="review"),
    path("review/<uuid:uid>/", review.pair, name="pair"),
]
