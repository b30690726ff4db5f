"""Doors of how work is judged: appeals and the like."""

from yiwang.apps.city.pages.judging.appeals import appeal_row, appeals_page

__all__ = ["appeal_row", "appeals_page"]
