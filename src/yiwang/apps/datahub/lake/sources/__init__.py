"""Adapters that read a source (适配器): each stages whole portions in a folder here, so that nothing half ever lands."""

from yiwang.apps.datahub.lake.sources.base import Portion, Reading
from yiwang.apps.datahub.lake.sources.choosing import read, test
from yiwang.apps.datahub.lake.sources.staging import Stage

__all__ = ["Portion", "Reading", "Stage", "read", "test"]
