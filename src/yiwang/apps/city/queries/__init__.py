"""Reads of city management."""

from yiwang.apps.city.queries.classes import active_classes, city_class, class_choices, class_rows, search_classes
from yiwang.apps.city.queries.dispatching import area_codes, proposal
from yiwang.apps.city.queries.duplicates import Twin, likely_duplicates, recurrence_of
from yiwang.apps.city.queries.manual import manual_rows, row_of, selectable_conditions
from yiwang.apps.city.queries.map import open_case_features
from yiwang.apps.city.queries.ontime import on_time_by_department, on_time_rate, requests_by_department_and_day

__all__ = [
    "Twin",
    "active_classes",
    "area_codes",
    "city_class",
    "class_choices",
    "class_rows",
    "likely_duplicates",
    "manual_rows",
    "on_time_by_department",
    "on_time_rate",
    "open_case_features",
    "proposal",
    "recurrence_of",
    "requests_by_department_and_day",
    "row_of",
    "search_classes",
    "selectable_conditions",
]
