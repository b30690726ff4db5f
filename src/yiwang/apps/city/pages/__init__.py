"""Doors of the city: pages for officials and for everybody. They read through queries and write through services."""

from yiwang.apps.city.pages.analysis import analysis_page
from yiwang.apps.city.pages.case import act, case, reveal
from yiwang.apps.city.pages.census import new as census_new
from yiwang.apps.city.pages.census import one as census_one
from yiwang.apps.city.pages.census import orders as census_orders
from yiwang.apps.city.pages.census import sheet as census_sheet
from yiwang.apps.city.pages.census_part import part as census_part
from yiwang.apps.city.pages.desk import desk, supervised
from yiwang.apps.city.pages.emergency import emergencies, emergency, emergency_raise, emergency_report
from yiwang.apps.city.pages.hotline import caller, hotline, twins
from yiwang.apps.city.pages.inspector import classes, inspector_report, near
from yiwang.apps.city.pages.intake import intake_page
from yiwang.apps.city.pages.lists import board, case_list, case_map, delete_view, export, save_view
from yiwang.apps.city.pages.ownership import ownership_page
from yiwang.apps.city.pages.patrol import patrol_grid, patrols
from yiwang.apps.city.pages.patterns import again, hours
from yiwang.apps.city.pages.phone import (
    phone,
    phone_manifest,
    phone_map_worker,
    phone_painter,
    phone_token,
    phone_worker,
)
from yiwang.apps.city.pages.public import my_reports, public_photo, public_query, public_rate, public_report
from yiwang.apps.city.pages.screen import screen, screen_case, screen_numbers, screen_points, screen_setup

__all__ = [
    "act", "again", "analysis_page", "board", "caller", "case", "case_list", "case_map", "census_new", "census_one",
    "census_orders", "census_part", "census_sheet", "classes", "delete_view", "desk", "emergencies", "emergency",
    "emergency_raise", "emergency_report", "export", "hotline", "hours", "inspector_report", "intake_page",
    "my_reports", "near", "ownership_page", "patrol_grid", "patrols", "phone", "phone_manifest", "phone_map_worker",
    "phone_painter", "phone_token", "phone_worker", "public_photo", "public_query", "public_rate", "public_report",
    "reveal", "save_view", "screen", "screen_case", "screen_numbers", "screen_points", "screen_setup", "supervised",
    "twins",
]  # fmt: skip
