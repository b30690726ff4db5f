"""Doors of reporting by form (填报)."""

from yiwang.apps.datahub.pages.forms.sheets import sheet_file, sheet_list, sheet_page
from yiwang.apps.datahub.pages.forms.tasks import task_list, task_new, task_page

__all__ = ["sheet_file", "sheet_list", "sheet_page", "task_list", "task_new", "task_page"]
