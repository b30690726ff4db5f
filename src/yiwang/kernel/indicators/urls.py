"""Doors of judging."""

from django.urls import include, path

from yiwang.kernel.indicators.pages import bulletins, closed, definitions, numbers, objects, ranking

_doors = [
    path("", ranking.ranking, name="ranking"),
    path("trail/", ranking.trail, name="trail"),
    path("export.<str:ext>", ranking.export, name="export"),
    path("number/", numbers.number, name="number"),
    path("object/", objects.card, name="object"),
    path("object/trend/", objects.trend, name="trend"),
    path("results/", closed.listing, name="results"),
    path("results/close/", closed.close, name="close"),
    path("results/<uuid:uid>/", closed.one, name="result"),
    path("results/<uuid:uid>/since/", closed.since, name="since"),
    path("results/<uuid:uid>/publish/", closed.publish, name="publish"),
    path("results/<uuid:uid>/correct/", closed.correct, name="correct"),
    path("bulletins/", bulletins.listing, name="bulletins"),
    path("bulletins/issue/", bulletins.issue, name="issue"),
    path("bulletins/plans/", bulletins.plan, name="plan"),
    path("bulletins/plans/<uuid:uid>/end/", bulletins.end_plan, name="end_plan"),
    path("bulletins/<uuid:uid>/", bulletins.one, name="bulletin"),
    path("bulletins/<uuid:uid>/bulletin.pdf", bulletins.paper, name="bulletin_pdf"),
    path("bulletins/<uuid:uid>/bulletin.xlsx", bulletins.workbook, name="bulletin_xlsx"),
    path("definitions/", definitions.listing, name="definitions"),
    path("definitions/new/<str:kind>/", definitions.new, name="new_definition"),
    path("definitions/check/<str:kind>/", definitions.check, name="check_definition"),
    path("definitions/try/<str:kind>/", definitions.trial, name="try_definition"),
    path("definitions/<str:kind>/<str:code>/", definitions.one, name="definition"),
    path("definitions/<str:kind>/<str:code>/retire/", definitions.retire, name="retire_definition"),
]
urlpatterns = [path("indicators/", include((_doors, "indicators")))]
