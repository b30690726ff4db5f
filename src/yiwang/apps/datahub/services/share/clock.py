"""When a step of sharing is due: working days after the calendar of the area, from the limits in force."""

from datetime import datetime

from yiwang.apps.datahub.queries.share import settings
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines


def due(step: str, area_path: str, start: datetime) -> datetime:
    """Return until when a step (`limits.working_days` of the settings) is due."""
    days = int(settings.in_force()["limits"]["working_days"][step])
    return deadlines.add(start, days, Kind.WORK_DAY, calendar_for(area_path))
