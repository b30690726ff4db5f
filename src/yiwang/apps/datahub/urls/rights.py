"""Addresses of the citizen's right to know."""

from django.urls import URLPattern, URLResolver, path

from yiwang.apps.datahub.pages.rights import desk, mine, own_requests, watched

doors: list[URLPattern | URLResolver] = [
    path("mine/", mine.mine, name="mine"),
    path("mine/confirm/", mine.confirm, name="confirm"),
    path("mine/held/", mine.held, name="held"),
    path("mine/copy.<str:format>", mine.copy, name="my_copy"),
    path("mine/consents/", mine.consents, name="consents"),
    path("mine/requests/", own_requests.requests, name="my_requests"),
    path("mine/requests/<uuid:uid>/", own_requests.one_request, name="my_request"),
    path("mine/why/<int:position>/", own_requests.why, name="ask_why"),
    path("mine/correct/<uuid:uid>/", own_requests.correct, name="ask_correction"),
    path("mine/relative/", own_requests.relative, name="relative"),
    path("answers/", desk.answers, name="answers"),
    path("answers/<uuid:uid>/", desk.answer, name="answer"),
    path("watched/", watched.watched, name="watched"),
    path("watched/<uuid:uid>/", watched.unwatch, name="unwatch"),
]
