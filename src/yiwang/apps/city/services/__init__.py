"""Writes of city management beside the kernel's verbs."""

from yiwang.apps.city.services.actions import before_action
from yiwang.apps.city.services.dictionary import load_dictionary
from yiwang.apps.city.services.exporting import export_cases
from yiwang.apps.city.services.judging.settings import load_judging
from yiwang.apps.city.services.ownership import open_to_ask, order_lists
from yiwang.apps.city.services.reporting import after_open, prepare
from yiwang.apps.city.services.scenes import match_scene
from yiwang.apps.city.services.warnings import load_warnings

__all__ = [
    "after_open", "before_action", "export_cases", "load_dictionary", "load_judging", "load_warnings", "match_scene", "open_to_ask", "order_lists",
    "prepare",
]  # fmt: skip
