"""Rules of the citizen's right to know (个人信息查询复制、更正、说明): whose part of a reading is whose, and how it is told."""

from yiwang.apps.datahub.rules.rights.telling import Told, group, own_fields, scrub

__all__ = ["Told", "group", "own_fields", "scrub"]
