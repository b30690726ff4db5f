"""Doors of sources (采集任务)."""

from yiwang.apps.datahub.pages.sources.editing import source_edit, source_new
from yiwang.apps.datahub.pages.sources.lists import source_list
from yiwang.apps.datahub.pages.sources.one import source_page

__all__ = ["source_edit", "source_list", "source_new", "source_page"]
