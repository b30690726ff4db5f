"""Doors of deliveries, contracts in use and quality."""

from django.urls import path

from yiwang.apps.datahub.pages import landing, quality

doors = [
    path("deliveries/", landing.deliveries, name="deliveries"),
    path("deliveries/given-back/", landing.hand_backs, name="hand_backs"),
    path("deliveries/given-back/<uuid:uid>/", landing.hand_back, name="hand_back"),
    path("deliveries/given-back/<uuid:uid>/rows.xlsx", landing.corrections, name="corrections"),
    path("deliveries/runs/<uuid:uid>/", landing.run, name="run"),
    path("deliveries/runs/<uuid:uid>/progress/", landing.progress, name="run_progress"),
    path("deliveries/of/<slug:code>/", landing.delivery_set, name="delivery_set"),
    path("deliveries/of/<slug:code>/contract/", landing.contract, name="contract_edit"),
    path("quality/", quality.issues, name="issues"),
    path("quality/contradictions/", quality.contradictions, name="contradictions"),
    path("quality/issues/<uuid:uid>/", quality.issue, name="issue"),
    path("quality/of/<slug:code>/", quality.quality_set, name="quality_set"),
]
