"""Addresses of city management: pages here, the JSON API and Open311 included."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from yiwang.apps.city import pages
from yiwang.apps.city.pages import judging

_pages: list[URLPattern | URLResolver] = [
    path("city/desk/", pages.desk, name="desk"),
    path("city/supervised/", pages.supervised, name="supervised"),
    path("city/intake/", pages.intake_page, name="intake"),
    path("city/report/", pages.inspector_report, name="inspector_report"),
    path("city/report/near/", pages.near, name="near"),
    path("city/report/classes/", pages.classes, name="classes"),
    path("city/phone/", pages.phone, name="phone"),
    path("city/phone/worker.js", pages.phone_worker, name="phone_worker"),
    path("city/phone/map-worker.js", pages.phone_map_worker, name="phone_map_worker"),
    path("city/phone/painter.js", pages.phone_painter, name="phone_painter"),
    path("city/phone/manifest.webmanifest", pages.phone_manifest, name="phone_manifest"),
    path("city/phone/token.json", pages.phone_token, name="phone_token"),
    path("city/hotline/", pages.hotline, name="hotline"),
    path("city/hotline/twins/", pages.twins, name="hotline_twins"),
    path("city/hotline/caller/", pages.caller, name="hotline_caller"),
    path("city/cases/", pages.case_list, name="cases"),
    path("city/cases/export.xlsx", pages.export, name="export"),
    path("city/cases/views/", pages.save_view, name="save_view"),
    path("city/cases/views/<int:view_id>/delete/", pages.delete_view, name="delete_view"),
    path("city/cases/<uuid:uid>/", pages.case, name="case"),
    path("city/cases/<uuid:uid>/act/", pages.act, name="act"),
    path("city/cases/<uuid:uid>/reveal/", pages.reveal, name="reveal"),
    path("city/ownership/", pages.ownership_page, name="ownership"),
    path("city/checks/", judging.checks_page, name="checks"),
    path("city/checks/<uuid:uid>/", judging.check_page, name="check"),
    path("city/draws/", judging.draws_page, name="draws"),
    path("city/draws/<uuid:uid>/", judging.draw_page, name="draw"),
    path("city/second/", judging.second_list, name="second_list"),
    path("city/second/<uuid:uid>/", judging.second_page, name="second"),
    path("city/precedents/", judging.precedents_page, name="precedents"),
    path("city/precedents/rules/<uuid:uid>/", judging.rule_page, name="rule_proposal"),
    path("city/precedents/<uuid:uid>/", judging.precedent_page, name="precedent"),
    path("city/missed/", judging.missed_page, name="missed"),
    path("city/missed/mine/", judging.own_list, name="own_missed_list"),
    path("city/missed/mine/<uuid:uid>/", judging.own_missed, name="own_missed"),
    path("city/missed/<uuid:uid>/", judging.missed_one, name="missed_one"),
    path("city/outside/", judging.outside_page, name="outside"),
    path("city/outside/media/", judging.media_page, name="media"),
    path("city/contracts/", judging.contracts_page, name="contracts"),
    path("city/contracts/<uuid:uid>/", judging.contract_page, name="contract"),
    path("city/contracts/<uuid:uid>/sheet.<str:ext>", judging.contract_sheet, name="contract_sheet"),
    path("city/acceptance/", judging.acceptance_page, name="acceptance"),
    path("city/acceptance/report.pdf", judging.acceptance_pdf, name="acceptance_pdf"),
    path("city/acceptance/samples/<uuid:uid>/", judging.sample_page, name="sample"),
    path("city/appeals/", judging.appeals_page, name="appeals"),
    path("city/census/", pages.census_orders, name="census"),
    path("city/census/new/", pages.census_new, name="census_new"),
    path("city/census/parts/<uuid:uid>/", pages.census_part, name="census_part"),
    path("city/census/<uuid:uid>/", pages.census_one, name="census_one"),
    path("city/census/<uuid:uid>/summary.xlsx", pages.census_sheet, name="census_sheet"),
    path("city/patrols/", pages.patrols, name="patrol"),
    path("city/patrols/<uuid:uid>/", pages.patrol_grid, name="patrol_grid"),
    path("city/map/", pages.case_map, name="map"),
    path("city/again/", pages.again, name="again"),
    path("city/hours/", pages.hours, name="hours"),
    path("city/board/", pages.board, name="board"),
    path("report/", pages.public_report, name="public_report"),
    path("report/query/", pages.public_query, name="public_query"),
    path("report/query/rate/", pages.public_rate, name="public_rate"),
    path("report/query/<str:code>/<uuid:uid>.jpg", pages.public_photo, name="public_photo"),
    path("my/reports/", pages.my_reports, name="my_reports"),
]
urlpatterns: list[URLPattern | URLResolver] = [path("", include((_pages, "city")))]
for _module in ("api", "open311"):
    if find_spec(f"yiwang.apps.city.{_module}.urls") if find_spec(f"yiwang.apps.city.{_module}") else None:
        urlpatterns.append(path("", include(f"yiwang.apps.city.{_module}.urls")))
